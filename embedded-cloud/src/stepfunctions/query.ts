/** JSONata templates of a state: values in which every string `{% … %}` is an expression. */
import jsonata from 'jsonata';
import { StateFailure } from './failure.ts';
import type { Json } from './json.ts';
import { registerFunctions } from './query-functions.ts';

/** Names (without `$`) that an expression sees: the variables and `states`. */
export type Bindings = Record<string, unknown>;

/** One evaluation may take this long; AWS bounds it too, without saying how. It only stops endless loops. */
const EVALUATION_TIMEOUT_MS = 10_000;
/** Nested evaluations, so that endless recursion is found before it has eaten the memory. */
const EVALUATION_DEPTH = 5_000;

/** Compiled expressions, so that a state entered a thousand times is parsed once. Emptied when it would grow without bound. */
const compiled = new Map<string, jsonata.Expression>();
const MOST_COMPILED = 5_000;

/** Whether a string is an expression. As on AWS, no space may stand outside of the delimiters. */
export function isExpression(text: string): boolean {
  return text.startsWith('{%') && text.endsWith('%}') && text.length >= 4;
}

/** The JSONata source between the delimiters. */
export function sourceOf(text: string): string {
  return text.slice(2, -2).trim();
}

/** Compiles an expression. @throws JSONata's error when the source has a syntax error */
export function compile(source: string): jsonata.Expression {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const expression = jsonata(source, { timeout: EVALUATION_TIMEOUT_MS, stack: EVALUATION_DEPTH });
  registerFunctions(expression);
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(source, expression);
  return expression;
}

/** JSONata marks sequences and arrays with hidden members that change how a later expression sees them: copied away. */
function plain(value: unknown): Json | undefined {
  if (value === undefined) return undefined;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`the result ${value} is no JSON number`);
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => plain(item) ?? null);
  if (typeof value !== 'object' || '_jsonata_lambda' in value || '_jsonata_function' in value) {
    throw new Error('the result is a function, not a JSON value');
  }
  const members = Object.entries(value).map(([key, member]) => [key, plain(member)] as const);
  return Object.fromEntries(members.filter((member): member is [string, Json] => member[1] !== undefined));
}

function describe(error: unknown): string {
  if (!(error instanceof Error) && (typeof error !== 'object' || error === null)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return `${code}${'message' in error ? String(error.message) : ''}`;
}

async function evaluateExpression(source: string, field: string, bindings: Bindings): Promise<Json> {
  const named = `The JSONata expression '${source}' specified for the field '${field}'`;
  let result: Json | undefined;
  try {
    result = plain(await compile(source).evaluate(undefined, bindings));
  } catch (error) {
    throw new StateFailure(
      'States.QueryEvaluationError',
      `${named} threw an error during evaluation. ${describe(error)}`,
      field,
    );
  }
  if (result === undefined) {
    throw new StateFailure('States.QueryEvaluationError', `${named} returned nothing (undefined).`, field);
  }
  return result;
}

/** Templates without any expression are their own result; found out once for each. */
const constant = new WeakMap<object, boolean>();

function isConstant(template: Json): boolean {
  if (typeof template === 'string') return !isExpression(template);
  if (typeof template !== 'object' || template === null) return true;
  let known = constant.get(template);
  if (known === undefined) {
    known = Object.values(template).every(isConstant);
    constant.set(template, known);
  }
  return known;
}

/**
 * The value of a template.
 * @param field where it stands, for messages: `Output`, `Arguments/Payload`, `Choices[1]/Condition`
 * @throws StateFailure `States.QueryEvaluationError` when an expression fails or gives nothing
 */
export async function evaluate(template: Json, field: string, bindings: Bindings): Promise<Json> {
  if (isConstant(template)) return template;
  if (typeof template === 'string') return evaluateExpression(sourceOf(template), field, bindings);
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const [index, item] of template.entries())
      items.push(await evaluate(item, `${field}[${index}]`, bindings));
    return items;
  }
  if (typeof template !== 'object' || template === null) return template;
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(template)) {
    members.push([key, await evaluate(member, `${field}/${key}`, bindings)]);
  }
  return Object.fromEntries(members);
}

/** The failure of an expression whose value has the wrong type. */
export function unexpectedType(field: string, expected: string, value: Json): StateFailure {
  return new StateFailure(
    'States.QueryEvaluationError',
    `The value of the field '${field}' must be ${expected}, not ${JSON.stringify(value).slice(0, 200)}.`,
    field,
  );
}

/** An integer field that may be an expression. @throws StateFailure when its value is out of range or no integer */
export async function evaluateInteger(
  template: number | string,
  field: string,
  bindings: Bindings,
  minimum: number,
  maximum: number,
): Promise<number> {
  const value = await evaluate(template, field, bindings);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum) {
    throw unexpectedType(field, `an integer from ${minimum} to ${maximum}`, value);
  }
  return value;
}
