/** Queries of GetMetricData and of alarms: a metric with its statistic, or an expression over other queries. */
import { z } from 'zod';
import { invalidCombination, invalidValue, missingParameter, unsupported } from './errors.ts';
import { parseExpression, type Series, seriesOf } from './expression.ts';
import { type Metric, metric, metricOf, unit } from './metric.ts';
import { merge, type Statistic, type Summary, statistic } from './statistics.ts';
import type { Datapoint, MetricStore, Range } from './store.ts';

/** Seconds: 1, 5, 10, 20, 30, or a multiple of 60, up to a day. */
export const period = z.coerce
  .number()
  .int()
  .min(1)
  .max(86_400)
  .refine(
    (seconds) => [1, 5, 10, 20, 30].includes(seconds) || seconds % 60 === 0,
    'Period must be 1, 5, 10, 20, 30 or a multiple of 60',
  );

const metricStat = z.object({ Metric: metric, Period: period, Stat: z.string(), Unit: unit.optional() });

export const querySchema = z.object({
  Id: z
    .string()
    .max(255)
    .regex(/^[a-z]\w*$/, 'an Id is letters, digits and _, and begins with a lowercase letter'),
  MetricStat: metricStat.optional(),
  Expression: z.string().min(1).max(2048).optional(),
  Label: z.string().optional(),
  ReturnData: z.boolean().optional(),
  Period: period.optional(),
  AccountId: z.string().optional(),
});
export type Query = z.infer<typeof querySchema>;

/** @throws InvalidParameterValueException, InvalidParameterCombinationException, NotImplemented */
export function checkQueries(queries: readonly Query[], accountId: string): void {
  const ids = new Set<string>();
  for (const { Id, MetricStat, Expression, AccountId } of queries) {
    if (ids.has(Id)) throw invalidValue(`The Id ${Id} is not unique.`);
    ids.add(Id);
    if ((MetricStat === undefined) === (Expression === undefined))
      throw invalidCombination(`The query ${Id} must have either MetricStat or Expression.`);
    if (MetricStat) statistic(MetricStat.Stat);
    if (Expression !== undefined) parseExpression(Expression);
    if (AccountId !== undefined && AccountId !== accountId) throw unsupported('metrics of other accounts');
  }
}

/** The period of a query in seconds; that of an expression is the longest of the metrics beside it. */
export function periodOf(query: Query, queries: readonly Query[]): number {
  const own = query.MetricStat?.Period ?? query.Period;
  if (own !== undefined) return own;
  const periods = queries.flatMap(({ MetricStat }) => MetricStat?.Period ?? []);
  if (periods.length === 0) throw missingParameter(`Period of the query ${query.Id}`);
  return Math.max(...periods);
}

/**
 * Evaluates each query once over a period without data: an expression that cannot be evaluated is refused where it is said.
 * @throws InvalidParameterValueException, NotImplemented
 */
export function tryQueries(queries: readonly Query[]): void {
  for (const query of queries) {
    const range = { start: 0, end: periodOf(query, queries) };
    new QueryRun({ data: () => [] }, queries, range).series(query);
  }
}

type Data = Pick<MetricStore, 'data'>;

/** Answers queries over one range, each once. */
export class QueryRun {
  readonly #store: Data;
  readonly #queries: readonly Query[];
  readonly #range: Range;
  readonly #done = new Map<string, Series>();
  readonly #underWay = new Set<string>();

  constructor(store: Data, queries: readonly Query[], range: Range) {
    this.#store = store;
    this.#queries = queries;
    this.#range = range;
  }

  series(query: Query): Series {
    const done = this.#done.get(query.Id);
    if (done) return done;
    if (this.#underWay.has(query.Id)) throw invalidValue(`The expression ${query.Id} refers to itself.`);
    this.#underWay.add(query.Id);
    const made = query.MetricStat
      ? statisticSeries(this.#store, this.#range, {
          ...query.MetricStat,
          metric: metricOf(query.MetricStat.Metric),
        })
      : this.#expression(query);
    this.#underWay.delete(query.Id);
    this.#done.set(query.Id, made);
    return made;
  }

  #expression(query: Query): Series {
    const scope = {
      times: timesOf(this.#range, periodOf(query, this.#queries)),
      lookUp: (id: string) => {
        const other = this.#queries.find(({ Id }) => Id === id);
        return other && this.series(other);
      },
    };
    return seriesOf(parseExpression(query.Expression ?? '')(scope), scope);
  }
}

/** The beginnings of the periods in a range. */
export function timesOf({ start, end }: Range, seconds: number): number[] {
  return Array.from(
    { length: Math.max(0, Math.ceil((end - start) / seconds)) },
    (_, index) => start + index * seconds,
  );
}

export interface StatisticQuery {
  readonly metric: Metric;
  readonly Period: number;
  readonly Stat: string;
  readonly Unit?: string | undefined;
}

function statisticSeries(store: Data, range: Range, query: StatisticQuery): Series {
  const tell: Statistic = statistic(query.Stat);
  const series = new Map<number, number>();
  for (const { time, summary } of summaries(store, range, query.metric, query)) {
    const value = tell(summary);
    if (value !== undefined) series.set(time, value);
  }
  return series;
}

/** The data of a metric by period, the first of which begins with the range. Periods without data are left out. */
export function summaries(
  store: Data,
  range: Range,
  of: Metric,
  { Period, Unit }: { readonly Period: number; readonly Unit?: string | undefined },
): Datapoint[] {
  const periods = new Map<number, { unit: string; summary: Summary }>();
  for (const { time, unit, summary } of store.data(of, range, Period % 60 === 0 ? 60 : 1)) {
    if (Unit !== undefined && unit !== Unit) continue;
    const begin = time - ((time - range.start) % Period);
    const current = periods.get(begin);
    periods.set(begin, { unit, summary: current ? merge(current.summary, summary) : summary });
  }
  return [...periods].map(([time, one]) => ({ time, ...one }));
}

/**
 * A request's range: its start rounded down to the minute, or to a shorter period (GetMetricData reference).
 * @param from,to seconds since the epoch
 */
export function rangeOf(from: number, to: number, shortest: number): Range {
  if (from >= to)
    throw invalidCombination('The parameter StartTime must be less than the parameter EndTime.');
  const step = Math.min(60, shortest);
  return { start: Math.floor(from / step) * step, end: to };
}
