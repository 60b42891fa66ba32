/** GetMetricData, GetMetricStatistics and ListMetrics. */
import { z } from 'zod';
import type { Action, Cloud } from '../service.ts';
import { invalidCombination, invalidValue, parse, unsupported } from './errors.ts';
import { metric, metricName, metricOf, namespace, unit } from './metric.ts';
import {
  checkQueries,
  period,
  periodOf,
  type Query,
  QueryRun,
  querySchema,
  rangeOf,
  summaries,
} from './query.ts';
import { SIMPLE_STATISTICS, type Summary, statistic } from './statistics.ts';
import type { MetricStore } from './store.ts';

/** GetMetricData returns at most 100,800 values a call, GetMetricStatistics 1,440, ListMetrics 500 metrics. */
const MOST_VALUES = 100_800;
const MOST_DATAPOINTS = 1_440;
const METRICS_PAGE = 500;
const THREE_HOURS = 3 * 3_600;

const dataSchema = z.looseObject({
  MetricDataQueries: z.array(querySchema).min(1).max(500),
  StartTime: z.number(),
  EndTime: z.number(),
  NextToken: z.string().optional(),
  ScanBy: z.enum(['TimestampDescending', 'TimestampAscending']).default('TimestampDescending'),
  MaxDatapoints: z.number().int().min(1).max(MOST_VALUES).default(MOST_VALUES),
});

const statisticsSchema = metric.extend({
  StartTime: z.number(),
  EndTime: z.number(),
  Period: period,
  Statistics: z.array(z.enum(SIMPLE_STATISTICS)).max(5).default([]),
  ExtendedStatistics: z.array(z.string().regex(/^p/, 'a percentile begins with p')).max(10).default([]),
  Unit: unit.optional(),
});

const listSchema = z.looseObject({
  Namespace: namespace.optional(),
  MetricName: metricName.optional(),
  Dimensions: z
    .array(z.object({ Name: z.string(), Value: z.string().optional() }))
    .max(10)
    .default([]),
  NextToken: z.string().optional(),
  RecentlyActive: z.literal('PT3H').optional(),
  IncludeLinkedAccounts: z.boolean().optional(),
  OwningAccount: z.string().optional(),
});

/** A page's token is the number of what came before it. */
function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const offset = /^\d{1,12}$/.test(token) ? Number(token) : Number.NaN;
  if (offset > 0) return offset;
  throw invalidValue('NextToken: the token is not one that this operation has returned.');
}

export function readActions(cloud: Cloud, store: MetricStore, gather: () => void): Record<string, Action> {
  return {
    GetMetricData: (input, call) => {
      const request = parse(dataSchema, input);
      call.authorize('cloudwatch:GetMetricData', '*');
      checkQueries(request.MetricDataQueries, cloud.accountId);
      gather();
      return metricData(store, request);
    },
    GetMetricStatistics: (input, call) => {
      const request = parse(statisticsSchema, input);
      call.authorize('cloudwatch:GetMetricStatistics', '*');
      gather();
      return metricStatistics(store, request);
    },
    ListMetrics: (input, call) => {
      const request = parse(listSchema, input);
      call.authorize('cloudwatch:ListMetrics', '*');
      if (request.IncludeLinkedAccounts || request.OwningAccount !== undefined)
        throw unsupported('metrics of other accounts');
      gather();
      return listMetrics(store, request, cloud.now());
    },
  };
}

function metricData(store: MetricStore, request: z.infer<typeof dataSchema>) {
  const { MetricDataQueries: queries, ScanBy, MaxDatapoints } = request;
  const returned = queries.filter(({ ReturnData }) => ReturnData !== false);
  const shortest = Math.min(...queries.map((query) => periodOf(query, queries)));
  const run = new QueryRun(store, queries, rangeOf(request.StartTime, request.EndTime, shortest));
  // Each query gets its share of the page.
  const share = Math.max(1, Math.floor(MaxDatapoints / Math.max(1, returned.length)));
  const offset = offsetOf(request.NextToken);
  const pages = returned.map((query) => {
    const ordered = [...run.series(query)].sort(([a], [b]) =>
      ScanBy === 'TimestampAscending' ? a - b : b - a,
    );
    return { query, page: ordered.slice(offset, offset + share), more: ordered.length > offset + share };
  });
  return {
    MetricDataResults: pages.map(({ query, page, more }) => ({
      Id: query.Id,
      Label: labelOf(query),
      Timestamps: page.map(([time]) => time),
      Values: page.map(([, value]) => value),
      StatusCode: more ? 'PartialData' : 'Complete',
    })),
    Messages: [],
    ...(pages.some(({ more }) => more) && { NextToken: String(offset + share) }),
  };
}

function labelOf({ Label, MetricStat, Id }: Query): string {
  return Label ?? MetricStat?.Metric.MetricName ?? Id;
}

function metricStatistics(store: MetricStore, request: z.infer<typeof statisticsSchema>) {
  const { Statistics, ExtendedStatistics, Period, StartTime, EndTime } = request;
  if (Statistics.length > 0 === ExtendedStatistics.length > 0)
    throw invalidCombination('Specify either Statistics or ExtendedStatistics, but not both.');
  const count = Math.floor((EndTime - StartTime) / Period);
  if (count > MOST_DATAPOINTS) {
    throw invalidCombination(
      `You have requested up to ${count} datapoints, which exceeds the limit of ${MOST_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const tell = (names: readonly string[]) => {
    const told = names.map((name) => ({ name, of: statistic(name) }));
    return (summary: Summary): Record<string, number | undefined> =>
      Object.fromEntries(told.map(({ name, of }) => [name, of(summary)]));
  };
  const [simple, extended] = [tell(Statistics), tell(ExtendedStatistics)];
  const range = rangeOf(StartTime, EndTime, Period);
  const Datapoints = summaries(store, range, metricOf(request), request).map((point) => ({
    ...{ Timestamp: point.time, Unit: point.unit },
    ...simple(point.summary),
    ...(ExtendedStatistics.length > 0 && { ExtendedStatistics: extended(point.summary) }),
  }));
  return { Label: request.MetricName, Datapoints };
}

function listMetrics(store: MetricStore, request: z.infer<typeof listSchema>, now: number) {
  const since = request.RecentlyActive === undefined ? 0 : now / 1000 - THREE_HOURS;
  const found = store
    .metrics(offsetOf(request.NextToken), since)
    .filter(
      ({ namespace: space, name, dimensions: all }) =>
        (request.Namespace === undefined || space === request.Namespace) &&
        (request.MetricName === undefined || name === request.MetricName) &&
        request.Dimensions.every(({ Name, Value }) =>
          all.some((one) => one.Name === Name && (Value === undefined || one.Value === Value)),
        ),
    );
  const page = found.slice(0, METRICS_PAGE);
  return {
    Metrics: page.map(({ namespace: Namespace, name: MetricName, dimensions: Dimensions }) => ({
      ...{ Namespace, MetricName, Dimensions },
    })),
    ...(found.length > page.length && { NextToken: String(page.at(-1)?.id) }),
  };
}
