/** PutMetricData: values, values with their counts, or statistic sets of metrics of one's own. */
import { z } from 'zod';
import type { Action, Cloud } from '../service.ts';
import { invalidCombination, invalidValue, parse, unsupported } from './errors.ts';
import { dimensions, metricName, namespace, unit } from './metric.ts';
import { type Summary, summaryOf } from './statistics.ts';
import type { Datum, MetricStore } from './store.ts';

/** Values are between -2^360 and 2^360 (PutMetricData reference). */
const value = z
  .number()
  .min(-(2 ** 360))
  .max(2 ** 360);
/** From two weeks ago to two hours ahead. */
const OLDEST_MS = 14 * 86_400_000;
const NEWEST_MS = 2 * 3_600_000;

const statisticValues = z.object({ SampleCount: value, Sum: value, Minimum: value, Maximum: value });

const datumSchema = z.object({
  MetricName: metricName,
  Dimensions: dimensions,
  /** Seconds since the epoch. */
  Timestamp: z.number().optional(),
  Value: value.optional(),
  StatisticValues: statisticValues.optional(),
  Values: z.array(value).min(1).max(150).optional(),
  Counts: z.array(z.number().min(0)).optional(),
  Unit: unit.default('None'),
  StorageResolution: z.number().int().min(1).optional(),
});

/** At most 1,000 data in a request. */
const requestSchema = z.looseObject({
  Namespace: namespace.regex(/^[^:]/, 'a namespace does not begin with a colon'),
  MetricData: z.array(datumSchema).max(1_000).default([]),
  EntityMetricData: z.array(z.unknown()).optional(),
});

export function putMetricData(cloud: Cloud, store: MetricStore): Action {
  return (input, call) => {
    const request = parse(requestSchema, input);
    call.authorize('cloudwatch:PutMetricData', '*', {
      values: { 'cloudwatch:namespace': request.Namespace },
    });
    if (request.EntityMetricData !== undefined) throw unsupported('PutMetricData with EntityMetricData');
    if (request.Namespace.startsWith('AWS/'))
      throw invalidValue(
        'The value AWS/ for parameter Namespace is invalid: it is reserved for AWS services.',
      );
    const now = cloud.now();
    store.add(
      request.MetricData.map((datum): Datum => {
        const time = datum.Timestamp === undefined ? now : datum.Timestamp * 1000;
        if (time < now - OLDEST_MS || time > now + NEWEST_MS)
          throw invalidValue(
            `The Timestamp of ${datum.MetricName} is not between two weeks ago and two hours ahead.`,
          );
        return {
          ...{ namespace: request.Namespace, name: datum.MetricName, dimensions: datum.Dimensions },
          ...{ unit: datum.Unit, time, summary: summaryOfDatum(datum) },
          highResolution: datum.StorageResolution !== undefined && datum.StorageResolution < 60,
        };
      }),
    );
    return {};
  };
}

function summaryOfDatum(datum: z.infer<typeof datumSchema>): Summary {
  const { Value, Values, Counts, StatisticValues, MetricName } = datum;
  if ([Value, Values, StatisticValues].filter((one) => one !== undefined).length !== 1) {
    throw invalidCombination(
      `${MetricName} must have exactly one of the members Value, Values and StatisticValues.`,
    );
  }
  if (Value !== undefined) return summaryOf(new Map([[Value, 1]]));
  if (StatisticValues) {
    const { SampleCount: count, Sum: sum, Minimum: min, Maximum: max } = StatisticValues;
    if (count <= 0 || min > max)
      throw invalidValue(
        `The StatisticValues of ${MetricName} have no samples, or a Minimum above the Maximum.`,
      );
    return { count, sum, min, max };
  }
  const all = Values ?? [];
  if (Counts && Counts.length !== all.length)
    throw invalidValue(`The arrays Values and Counts of ${MetricName} have different lengths.`);
  const counts = new Map<number, number>();
  for (const [index, one] of all.entries()) counts.set(one, (counts.get(one) ?? 0) + (Counts?.[index] ?? 1));
  return summaryOf(counts);
}
