/**
 * Metric math, the part that most alarms use: numbers, ids of other queries, arithmetic, comparisons, and a few functions
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
 */
import { invalidValue, unsupported } from './errors.ts';

/** Values by their time, in seconds since the epoch. */
export type Series = ReadonlyMap<number, number>;
export type Value = number | Series | readonly Value[];

export interface Scope {
  /** @returns undefined when no query has the id */
  readonly lookUp: (id: string) => Series | undefined;
  /** The times of the periods that are asked for. */
  readonly times: readonly number[];
}

type Node = (scope: Scope) => Value;

const OPERATORS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { '||': (a, b) => Number(a !== 0 || b !== 0), OR: (a, b) => Number(a !== 0 || b !== 0) },
  { '&&': (a, b) => Number(a !== 0 && b !== 0), AND: (a, b) => Number(a !== 0 && b !== 0) },
  { '==': (a, b) => Number(a === b), '!=': (a, b) => Number(a !== b) },
  {
    '<': (a, b) => Number(a < b),
    '<=': (a, b) => Number(a <= b),
    '>': (a, b) => Number(a > b),
    '>=': (a, b) => Number(a >= b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b },
  { '^': (a, b) => a ** b },
];

const FUNCTIONS: Readonly<Record<string, (args: readonly Value[], scope: Scope) => Value>> = {
  ABS: ([value = 0]) => mapped(value, Math.abs),
  CEIL: ([value = 0]) => mapped(value, Math.ceil),
  FLOOR: ([value = 0]) => mapped(value, Math.floor),
  SUM: ([value = 0]) => aggregated(value, (all) => all.reduce((a, b) => a + b, 0)),
  AVG: ([value = 0]) => aggregated(value, (all) => all.reduce((a, b) => a + b, 0) / all.length),
  MIN: ([value = 0]) => aggregated(value, (all) => Math.min(...all)),
  MAX: ([value = 0]) => aggregated(value, (all) => Math.max(...all)),
  FILL: ([value = 0, filler = 0], { times }) =>
    new Map(times.flatMap((time) => entry(time, valueAt(value, time) ?? valueAt(filler, time)))),
  IF: ([condition = 0, yes = 0, no = 0], { times }) =>
    new Map(
      times.flatMap((time) => {
        const holds = valueAt(condition, time);
        return entry(time, holds === undefined ? undefined : valueAt(holds === 0 ? no : yes, time));
      }),
    ),
};

/** What AWS's FILL takes beside numbers and series. */
const FILLERS = ['REPEAT', 'LINEAR'];

/**
 * Reads an expression.
 * @throws NotImplemented for functions beyond those above and for Metrics Insights queries; InvalidParameterValueException
 */
export function parseExpression(text: string): Node {
  if (/^\s*SELECT\b/i.test(text)) throw unsupported('Metrics Insights queries');
  return new Parser(text).whole();
}

/** The values of an expression, which must be a single series. */
export function seriesOf(value: Value, scope: Scope): Series {
  if (typeof value === 'number') return new Map(scope.times.map((time) => [time, value]));
  if (isList(value)) throw unsupported('expressions that return more than one series');
  return new Map([...value].filter(([, one]) => Number.isFinite(one)));
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(<=|>=|==|!=|&&|\|\||[-+*/^()[\],<>]))/y;

class Parser {
  readonly #text: string;
  readonly #tokens: string[] = [];

  constructor(text: string) {
    this.#text = text;
    TOKEN.lastIndex = 0;
    let read = 0;
    for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
      this.#tokens.push(match[0].trim());
      read = TOKEN.lastIndex;
    }
    if (text.slice(read).trim() !== '') throw this.#invalid(text.slice(read).trim());
  }

  whole(): Node {
    const node = this.#binary(0);
    if (this.#tokens.length > 0) throw this.#invalid(this.#tokens[0]);
    return node;
  }

  #binary(level: number): Node {
    const operators = OPERATORS[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators[this.#tokens[0] ?? ''];
      if (!operator) return left;
      this.#tokens.shift();
      const [first, second] = [left, this.#binary(level + 1)];
      left = (scope) => combined(first(scope), second(scope), operator);
    }
  }

  #unary(): Node {
    if (this.#tokens[0] !== '-') return this.#primary();
    this.#tokens.shift();
    const node = this.#unary();
    return (scope) => mapped(node(scope), (value) => -value);
  }

  #primary(): Node {
    const token = this.#tokens.shift();
    if (token === undefined) throw this.#invalid('its end');
    if (/^\d/.test(token)) return () => Number(token);
    if (token === '(') {
      const [node] = this.#list(')');
      if (node) return node;
    }
    if (token === '[') {
      const nodes = this.#list(']');
      return (scope) => nodes.map((node) => node(scope));
    }
    if (!/^[A-Za-z_]/.test(token)) throw this.#invalid(token);
    return this.#tokens[0] === '(' ? this.#call(token) : this.#reference(token);
  }

  #call(name: string): Node {
    const apply = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!apply) throw unsupported(`metric math with ${name}`);
    this.#tokens.shift();
    const nodes = this.#list(')');
    return (scope) =>
      apply(
        nodes.map((node) => node(scope)),
        scope,
      );
  }

  #reference(id: string): Node {
    if (FILLERS.includes(id)) throw unsupported(`FILL with ${id}`);
    return ({ lookUp }) => {
      const series = lookUp(id);
      if (series) return series;
      throw invalidValue(`The expression ${this.#text} refers to ${id}, which no query has as its Id.`);
    };
  }

  #list(end: string): Node[] {
    const nodes = [this.#binary(0)];
    while (this.#tokens[0] === ',') {
      this.#tokens.shift();
      nodes.push(this.#binary(0));
    }
    if (this.#tokens.shift() !== end) throw this.#invalid(`its end: ${end} is missing`);
    return nodes;
  }

  #invalid(at: string | undefined): Error {
    return invalidValue(`The expression ${this.#text} is not valid, at ${at}.`);
  }
}

function isList(value: Series | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

function valueAt(value: Value, time: number): number | undefined {
  if (typeof value === 'number') return value;
  return isList(value) ? undefined : value.get(time);
}

function entry(time: number, value: number | undefined): [number, number][] {
  return value === undefined ? [] : [[time, value]];
}

function mapped(value: Value, change: (value: number) => number): Value {
  if (typeof value === 'number') return change(value);
  if (isList(value)) return value.map((one) => mapped(one, change));
  return new Map([...value].map(([time, one]) => [time, change(one)]));
}

/** Where one side has no value at a time, there is none. */
function combined(a: Value, b: Value, operate: (a: number, b: number) => number): Value {
  if (typeof a === 'number') return mapped(b, (one) => operate(a, one));
  if (typeof b === 'number') return mapped(a, (one) => operate(one, b));
  if (isList(a)) return a.map((one) => combined(one, b, operate));
  if (isList(b)) return b.map((one) => combined(a, one, operate));
  return new Map(
    [...a].flatMap(([time, one]) => {
      const other = b.get(time);
      return other === undefined ? [] : entry(time, operate(one, other));
    }),
  );
}

/** Of several series one, at each time from the values that are there; of one series a number. */
function aggregated(value: Value, reduce: (all: readonly number[]) => number): Value {
  if (typeof value === 'number') return value;
  if (!isList(value)) return value.size === 0 ? value : reduce([...value.values()]);
  const times = new Set(
    value.flatMap((one) => (typeof one === 'number' || isList(one) ? [] : [...one.keys()])),
  );
  return new Map(
    [...times].map((time) => [
      time,
      reduce(value.map((one) => valueAt(one, time)).filter((one) => one !== undefined)),
    ]),
  );
}
