/**
 * What a state machine must fulfil before it is created. Every finding names its place, e.g. `/States/Build/Next`,
 * and all are reported at once.
 */
import { AwsError } from '../service.ts';
import { type Flow, type Machine, machine, type State } from './definition.ts';
import { resolveIntegration } from './integrations/registry.ts';
import { isObject, type Json, parseJson } from './json.ts';
import { compile, isExpression, sourceOf } from './query.ts';

/** Maximum definition: 1 MB, as AWS. */
const MAX_DEFINITION_BYTES = 1_048_576;

/** Fields of the JSONPath query language; AWS refuses them in JSONata machines too. */
const JSONPATH_FIELDS = new Set(
  'InputPath OutputPath ResultPath Parameters ResultSelector Result ItemsPath SecondsPath TimestampPath Variable TimeoutSecondsPath HeartbeatSecondsPath MaxConcurrencyPath ErrorPath CausePath'.split(
    ' ',
  ),
);

interface Finding {
  /** JSON pointer, e.g. `/States/Build`. */
  readonly location: string;
  readonly message: string;
}

type Report = (location: string, message: string) => void;

function shapeFindings(
  issues: readonly { path: PropertyKey[]; message: string; keys?: unknown }[],
): Finding[] {
  return issues.map((issue) => {
    const location = issue.path.length === 0 ? '/' : `/${issue.path.map(String).join('/')}`;
    const jsonPath = Array.isArray(issue.keys) ? issue.keys.filter((key) => JSONPATH_FIELDS.has(key)) : [];
    if (jsonPath.length === 0) return { location, message: issue.message };
    return { location, message: `${jsonPath.join(', ')}: JSONPath fields, not supported with JSONata` };
  });
}

function checkExpressions(value: Json | undefined, location: string, report: Report): void {
  if (typeof value === 'string') {
    if (!isExpression(value)) return;
    try {
      compile(sourceOf(value));
    } catch (error) {
      report(location, `The JSONata expression has an error: ${isObject(error) ? error.message : error}`);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) checkExpressions(member, `${location}/${key}`, report);
  }
}

function* targets(state: State): Generator<[field: string, target: string]> {
  if ('Next' in state && state.Next !== undefined) yield ['Next', state.Next];
  if ('Catch' in state) {
    for (const [index, clause] of (state.Catch ?? []).entries()) yield [`Catch/${index}/Next`, clause.Next];
  }
  if (state.Type === 'Choice') {
    if (state.Default !== undefined) yield ['Default', state.Default];
    for (const [index, rule] of state.Choices.entries()) yield [`Choices/${index}/Next`, rule.Next];
  }
}

function* assigned(state: State): Generator<string> {
  const clauses: { Assign?: unknown }[] = 'Assign' in state ? [state] : [];
  if ('Catch' in state) clauses.push(...(state.Catch ?? []));
  if (state.Type === 'Choice') clauses.push(...state.Choices);
  for (const clause of clauses) if (isObject(clause.Assign)) yield* Object.keys(clause.Assign);
}

function checkHandlers(state: State, location: string, report: Report): void {
  if (!('Retry' in state) && !('Catch' in state)) return;
  for (const field of ['Retry', 'Catch'] as const) {
    const clauses = state[field] ?? [];
    for (const [index, { ErrorEquals }] of clauses.entries()) {
      if (!ErrorEquals.includes('States.ALL')) continue;
      if (ErrorEquals.length > 1) {
        report(`${location}/${field}/${index}/ErrorEquals`, 'States.ALL must appear alone');
      }
      if (index < clauses.length - 1) {
        report(`${location}/${field}/${index}/ErrorEquals`, 'States.ALL must be in the last clause');
      }
    }
  }
}

function checkState(state: State, location: string, report: Report): void {
  if ('Next' in state || 'End' in state || !['Choice', 'Succeed', 'Fail'].includes(state.Type)) {
    const ends = 'End' in state && state.End === true;
    const moves = 'Next' in state && state.Next !== undefined;
    if (ends === moves) report(location, 'A state needs either Next or End: true');
  }
  if (state.Type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) {
    report(location, 'A Wait state needs exactly one of Seconds and Timestamp');
  }
  if (state.Type === 'Task') {
    const problem = resolveIntegration(state.Resource);
    if (typeof problem === 'string') report(`${location}/Resource`, problem);
    const { TimeoutSeconds, HeartbeatSeconds } = state;
    if (typeof HeartbeatSeconds === 'number' && HeartbeatSeconds >= (Number(TimeoutSeconds) || Infinity)) {
      report(`${location}/HeartbeatSeconds`, 'HeartbeatSeconds must be smaller than TimeoutSeconds');
    }
  }
  checkHandlers(state, location, report);
}

function checkFlow(
  flow: Flow,
  location: string,
  outer: ReadonlySet<string>,
  names: Set<string>,
  report: Report,
) {
  const known = new Set(Object.keys(flow.States));
  if (!known.has(flow.StartAt)) report(`${location}/StartAt`, `There is no state '${flow.StartAt}'`);
  const own = new Set<string>(Object.values(flow.States).flatMap((state) => [...assigned(state)]));
  for (const name of own) {
    if (outer.has(name)) {
      report(
        location,
        `The variable '${name}' is assigned in an outer scope; an inner scope may only read it`,
      );
    }
  }
  for (const [name, state] of Object.entries(flow.States)) {
    const place = `${location}/States/${name}`;
    if (names.has(name)) report(place, 'The name of a state must be unique in the whole machine');
    names.add(name);
    for (const [field, target] of targets(state)) {
      if (!known.has(target)) report(`${place}/${field}`, `There is no state '${target}' in this scope`);
    }
    checkState(state, place, report);
    const inner = new Set([...outer, ...own]);
    if (state.Type === 'Parallel') {
      for (const [index, branch] of state.Branches.entries()) {
        checkFlow(branch, `${place}/Branches/${index}`, inner, names, report);
      }
    } else if (state.Type === 'Map')
      checkFlow(state.ItemProcessor, `${place}/ItemProcessor`, inner, names, report);
  }
  checkReach(flow, location, report);
}

/** AWS refuses states that nothing leads to, and flows without an end. */
function checkReach(flow: Flow, location: string, report: Report): void {
  const reached = new Set<string>([flow.StartAt]);
  let ends = false;
  for (const name of reached) {
    const state = flow.States[name];
    if (state === undefined) continue;
    for (const [, target] of targets(state)) reached.add(target);
    ends ||= state.Type === 'Succeed' || state.Type === 'Fail' || ('End' in state && state.End === true);
  }
  for (const name of Object.keys(flow.States)) {
    if (!reached.has(name)) report(`${location}/States/${name}`, 'No state leads to this state');
  }
  if (!ends) report(location, 'No terminal state can be reached (End: true, Succeed or Fail)');
}

/** All that is wrong with a definition; with the machine when nothing is. */
export function examine(text: string): { machine?: Machine; findings: Finding[] } {
  if (Buffer.byteLength(text) > MAX_DEFINITION_BYTES) {
    return { findings: [{ location: '/', message: `The definition exceeds ${MAX_DEFINITION_BYTES} bytes` }] };
  }
  let document: Json;
  try {
    document = parseJson(text);
  } catch (error) {
    return {
      findings: [{ location: '/', message: `The definition is no JSON: ${(error as Error).message}` }],
    };
  }
  if (isObject(document) && document.QueryLanguage !== 'JSONata') {
    const message =
      "The embedded cloud runs JSONata state machines only: set the top-level field QueryLanguage to 'JSONata' (absent means JSONPath)";
    return { findings: [{ location: '/QueryLanguage', message }] };
  }
  const parsed = machine.safeParse(document);
  if (!parsed.success) return { findings: shapeFindings(parsed.error.issues) };
  const findings: Finding[] = [];
  const report: Report = (location, message) => findings.push({ location, message });
  checkFlow(parsed.data, '', new Set(), new Set(), report);
  checkExpressions(document, '', report);
  return findings.length === 0 ? { machine: parsed.data, findings } : { findings };
}

/**
 * Parses and checks a definition.
 * @throws AwsError `InvalidDefinition` that lists every finding with its place
 */
export function parseDefinition(text: string): Machine {
  const { machine, findings } = examine(text);
  if (machine !== undefined) return machine;
  const list = findings.map(({ location, message }) => `${message} at ${location}`).join(', ');
  throw new AwsError(
    'InvalidDefinition',
    `Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ${list}'`,
  );
}
