/** Values of a metric in some period of time, summed up, and the statistics that can be told of them. */
import { invalidValue, unsupported } from './errors.ts';

export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** How often each value came; not there where only a statistic set was sent. Percentiles need it. */
  readonly values?: ReadonlyMap<number, number>;
}

/** Beyond so many different values they are kept with three significant digits: percentiles are then right to 0.5 %. */
const EXACT_VALUES = 150;

/** @param values how often each value came */
export function summaryOf(values: ReadonlyMap<number, number>): Summary {
  let [count, sum] = [0, 0];
  for (const [value, times] of values) {
    count += times;
    sum += value * times;
  }
  const all = [...values.keys()];
  return { count, sum, min: Math.min(...all), max: Math.max(...all), values: thinned(values) };
}

export function merge(a: Summary, b: Summary): Summary {
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    ...(a.values && b.values && { values: thinned(added(a.values, b.values)) }),
  };
}

function added(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): Map<number, number> {
  const sum = new Map(a);
  for (const [value, times] of b) sum.set(value, (sum.get(value) ?? 0) + times);
  return sum;
}

function thinned(values: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  if (values.size <= EXACT_VALUES) return values;
  const thin = new Map<number, number>();
  for (const [value, times] of values) {
    const rounded = Number(value.toPrecision(3));
    thin.set(rounded, (thin.get(rounded) ?? 0) + times);
  }
  return thin;
}

/** A statistic by its name: undefined where the data do not tell it. */
export type Statistic = (summary: Summary) => number | undefined;

const SIMPLE = new Map<string, Statistic>([
  ['SampleCount', ({ count }) => count],
  ['Sum', ({ sum }) => sum],
  ['Average', ({ sum, count }) => sum / count],
  ['Minimum', ({ min }) => min],
  ['Maximum', ({ max }) => max],
]);

export const SIMPLE_STATISTICS = [...SIMPLE.keys()];

/**
 * The statistic of that name: one of the simple ones, or a percentile (`p50`, `p99.9`).
 * @throws NotImplemented for trimmed means and their kin, which CloudWatch has and the embedded cloud has not
 */
export function statistic(name: string): Statistic {
  const simple = SIMPLE.get(name);
  if (simple) return simple;
  const percent = Number(/^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1] ?? Number.NaN);
  if (percent <= 100) return (summary) => percentile(summary, percent);
  if (/^(tm|wm|tc|ts)\d|^(IQM|TM|WM|TC|TS|PR)\b/.test(name)) throw unsupported(`the statistic ${name}`);
  throw invalidValue(`The value ${name} for parameter Stat is not a statistic.`);
}

/** The smallest value that so many percent of the values do not exceed. */
function percentile({ count, min, max, values }: Summary, percent: number): number | undefined {
  if (percent === 0 || min === max) return min;
  if (percent === 100) return max;
  if (!values) return undefined;
  let left = (percent / 100) * count;
  for (const value of [...values.keys()].sort((a, b) => a - b)) {
    left -= values.get(value) ?? 0;
    if (left <= 0) return Math.min(max, Math.max(min, value));
  }
  return max;
}
