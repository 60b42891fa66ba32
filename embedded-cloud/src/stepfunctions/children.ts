/** Parallel and Map: states that run branches of their own. */
import { Branch, type BranchOptions, type Exit, limited, type MapItem } from './branch.ts';
import type { Flow, MapState, ParallelState } from './definition.ts';
import { StateFailure } from './failure.ts';
import type { Json } from './json.ts';
import type { Phase } from './position.ts';
import { evaluate, evaluateInteger, unexpectedType } from './query.ts';
import { Cancelled, type Scope } from './scope.ts';

type Walk = (branch: Branch) => Promise<string>;
type Children = Extract<Phase, { kind: 'children' }>;

/** An inline Map runs at most 40 iterations at once (AWS, "Map state processing modes"). */
const INLINE_CONCURRENCY = 40;

export async function runParallel(branch: Branch, state: ParallelState, walk: Walk): Promise<Exit> {
  let { phase } = branch.position;
  if (phase.kind !== 'children') {
    const { Arguments } = state;
    const input =
      Arguments === undefined
        ? branch.position.input
        : limited(JSON.stringify(await evaluate(Arguments, 'Arguments', branch.bindings())));
    branch.scope.check();
    branch.record('ParallelStateStarted');
    phase = { kind: 'children', inputs: state.Branches.map(() => input), concurrency: state.Branches.length };
    branch.save(phase);
  }
  return runChildren(branch, state, phase, (index) => state.Branches[index], walk);
}

export async function runMap(branch: Branch, state: MapState, walk: Walk): Promise<Exit> {
  let { phase } = branch.position;
  if (phase.kind !== 'children') {
    phase = await openMap(branch, state);
    branch.scope.check();
    branch.record('MapStateStarted', { mapStateStartedEventDetails: { length: phase.inputs.length } });
    branch.save(phase);
  }
  return runChildren(branch, state, phase, () => state.ItemProcessor, walk);
}

/** Evaluates everything that the iterations are made from; a restart takes it from the position. */
async function openMap(branch: Branch, state: MapState): Promise<Children> {
  const bindings = branch.bindings();
  const items = state.Items === undefined ? branch.input : await evaluate(state.Items, 'Items', bindings);
  if (!Array.isArray(items)) throw unexpectedType('Items', 'an array', items);
  const inputs: string[] = [];
  for (const [Index, Value] of items.entries()) {
    const { ItemSelector } = state;
    const seen = ItemSelector === undefined ? undefined : branch.bindings({}, { Index, Value });
    const input = seen === undefined ? Value : await evaluate(ItemSelector ?? null, 'ItemSelector', seen);
    inputs.push(limited(JSON.stringify(input), 'input of an iteration'));
  }
  const { MaxConcurrency = 0 } = state;
  const most = await evaluateInteger(MaxConcurrency, 'MaxConcurrency', bindings, 0, Number.MAX_SAFE_INTEGER);
  const concurrency = most === 0 ? INLINE_CONCURRENCY : Math.min(most, INLINE_CONCURRENCY);
  const tolerated = await toleratedFailures(branch, state, items.length);
  return { kind: 'children', inputs, items, concurrency, ...(tolerated === undefined ? {} : { tolerated }) };
}

/** How many iterations may fail; `undefined` when the state does not say (then none may). */
async function toleratedFailures(
  branch: Branch,
  state: MapState,
  length: number,
): Promise<number | undefined> {
  const bindings = branch.bindings();
  const limits: number[] = [];
  if (state.ToleratedFailureCount !== undefined) {
    const { ToleratedFailureCount } = state;
    limits.push(
      await evaluateInteger(
        ToleratedFailureCount,
        'ToleratedFailureCount',
        bindings,
        0,
        Number.MAX_SAFE_INTEGER,
      ),
    );
  }
  if (state.ToleratedFailurePercentage !== undefined) {
    const field = 'ToleratedFailurePercentage';
    const percentage = await evaluate(state.ToleratedFailurePercentage, field, bindings);
    if (typeof percentage !== 'number' || percentage < 0 || percentage > 100) {
      throw unexpectedType(field, 'a number from 0 to 100', percentage);
    }
    limits.push(Math.floor((length * percentage) / 100));
  }
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** The iterations or branches of one state, run in lanes. */
async function runChildren(
  branch: Branch,
  state: ParallelState | MapState,
  phase: Children,
  flowOf: (index: number) => Flow | undefined,
  walk: Walk,
): Promise<Exit> {
  const scope = branch.scope.child();
  const outputs: string[] = [];
  let failures = 0;
  let failure: StateFailure | undefined;
  let next = 0;

  function fail(index: number, error: StateFailure): void {
    failures += 1;
    // A tolerated failure leaves its error output in the result, so that results keep the places of their items.
    outputs[index] = JSON.stringify(error.output);
    if (failures <= (phase.tolerated ?? 0) || failure !== undefined) return;
    failure = phase.tolerated === undefined ? error : exceeded(failures, error);
    scope.cancel('aborted');
  }
  async function lane(): Promise<void> {
    while (next < phase.inputs.length && scope.cancelled === undefined) {
      const index = next++;
      const flow = flowOf(index);
      if (flow === undefined) continue;
      const child = openChild(branch, phase, index, flow, scope);
      const ended = await runChild(branch, state, child, index, walk);
      if (ended instanceof StateFailure) fail(index, ended);
      else if (ended !== undefined) outputs[index] = ended;
    }
  }
  await Promise.all(Array.from({ length: Math.min(phase.concurrency, phase.inputs.length) }, lane));
  scope.release();
  branch.scope.check();
  if (failure !== undefined) {
    branch.record(`${state.Type}StateFailed`);
    throw failure;
  }
  branch.record(`${state.Type}StateSucceeded`);
  const result: Json = outputs.map((output) => JSON.parse(output));
  const text = `[${outputs.join(',')}]`;
  return branch.finish(state, state.Next, text, { result });
}

function exceeded(failures: number, last: StateFailure): StateFailure {
  const cause = `${failures} items failed, more than tolerated. The last: ${last.error}: ${last.cause}`;
  return new StateFailure('States.ExceedToleratedFailureThreshold', cause);
}

function openChild(parent: Branch, phase: Children, index: number, flow: Flow, scope: Scope): Branch {
  const path = parent.path === '' ? String(index) : `${parent.path}/${index}`;
  const value = phase.items?.[index];
  const item: MapItem | undefined = value === undefined ? parent.item : { Index: index, Value: value };
  const options: BranchOptions = {
    execution: parent.execution,
    path,
    flow,
    scope,
    outer: parent.variables,
    ...(item === undefined ? {} : { item }),
    position: parent.execution.position(path) ?? {
      state: flow.StartAt,
      input: phase.inputs[index] ?? 'null',
      variables: {},
      enteredAt: 0,
      enteredEvent: 0,
      lastEvent: parent.position.lastEvent,
      retries: [],
      phase: { kind: 'ready' },
    },
  };
  return new Branch(options);
}

/** Runs one child. Resolves with its output or failure, with nothing when it was cancelled; never rejects. */
async function runChild(
  parent: Branch,
  state: ParallelState | MapState,
  child: Branch,
  index: number,
  walk: Walk,
): Promise<string | StateFailure | undefined> {
  const { phase } = child.position;
  if (phase.kind === 'done') return phase.output;
  if (phase.kind === 'failed') return new StateFailure(phase.error, phase.cause);
  const iteration = (happened: 'Started' | 'Succeeded' | 'Failed' | 'Aborted') => {
    if (state.Type !== 'Map') return;
    const details = { name: parent.position.state, index };
    child.record(`MapIteration${happened}`, { [`mapIteration${happened}EventDetails`]: details });
  };
  if (parent.execution.position(child.path) === undefined) iteration('Started');
  try {
    const output = await walk(child);
    iteration('Succeeded');
    child.save({ kind: 'done', output });
    return output;
  } catch (error) {
    if (error instanceof Cancelled) {
      if (error.reason === 'aborted') iteration('Aborted');
      return undefined;
    }
    const failure = error instanceof StateFailure ? error : new StateFailure('States.Runtime', String(error));
    iteration('Failed');
    child.save({ kind: 'failed', error: failure.error, cause: failure.cause });
    return failure;
  } finally {
    parent.position.lastEvent = Math.max(parent.position.lastEvent, child.position.lastEvent);
  }
}
