/** What an alarm watches and when it goes off, as PutMetricAlarm and templates say it. */
import { z } from 'zod';
import { invalidCombination, invalidValue, missingParameter, parse, unsupported } from './errors.ts';
import { dimensions, metricName, namespace, unit } from './metric.ts';
import { checkQueries, period, periodOf, type Query, querySchema, tryQueries } from './query.ts';
import { SIMPLE_STATISTICS, statistic } from './statistics.ts';

/** By which a value breaches a threshold. */
export const COMPARISONS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};
/** Those of anomaly detection. */
const BAND_COMPARISONS = [
  'LessThanLowerOrGreaterThanUpperThreshold',
  'LessThanLowerThreshold',
  'GreaterThanUpperThreshold',
];

const actions = z.array(z.string().max(1024)).max(5).default([]);

export const alarmSettings = z.object({
  AlarmName: z.string().min(1).max(255),
  AlarmDescription: z.string().max(1024).optional(),
  ActionsEnabled: z.boolean().default(true),
  OKActions: actions,
  AlarmActions: actions,
  InsufficientDataActions: actions,
  MetricName: metricName.optional(),
  Namespace: namespace.optional(),
  Statistic: z.enum(SIMPLE_STATISTICS).optional(),
  ExtendedStatistic: z.string().optional(),
  Dimensions: dimensions,
  Period: period.optional(),
  Unit: unit.optional(),
  EvaluationPeriods: z.coerce.number().int().min(1),
  DatapointsToAlarm: z.coerce.number().int().min(1).optional(),
  Threshold: z.coerce.number().optional(),
  ComparisonOperator: z.enum([...Object.keys(COMPARISONS), ...BAND_COMPARISONS]),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).optional(),
  EvaluateLowSampleCountPercentile: z.enum(['evaluate', 'ignore']).optional(),
  Metrics: z.array(querySchema).max(20).optional(),
});
export type AlarmSettings = z.infer<typeof alarmSettings>;

export const STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;
export type State = (typeof STATES)[number];

/** Times in milliseconds since the epoch. */
export const alarmSchema = z.object({
  /** Alarms of the template are removed when it no longer has them. */
  origin: z.enum(['template', 'api']),
  settings: alarmSettings,
  configured: z.number(),
  state: z.enum(STATES),
  reason: z.string(),
  reasonData: z.string().optional(),
  stateUpdated: z.number(),
  stateTransitioned: z.number(),
  /** The end of the last period that was evaluated, in seconds. */
  evaluated: z.number(),
});
export type Alarm = z.infer<typeof alarmSchema>;

/** Members that change how an alarm is evaluated, and that the embedded cloud does not evaluate. */
const UNSUPPORTED = [
  ...['ThresholdMetricId', 'EvaluationWindow', 'WarmUpConfiguration', 'EvaluationCriteria'],
  ...['EvaluationInterval', 'ActionConfiguration'],
];

/** AWS's bound on EvaluationPeriods × Period: a day, or a week with periods of an hour and more. */
const LONGEST_SECONDS = 86_400;
const LONGEST_OF_HOURS_SECONDS = 7 * 86_400;

/** @throws as CloudWatch refuses an alarm; NotImplemented, naming what is not evaluated here */
export function readAlarm(input: Readonly<Record<string, unknown>>, accountId: string): AlarmSettings {
  const other = UNSUPPORTED.find((name) => input[name] !== undefined);
  if (other !== undefined) throw unsupported(`alarms with ${other}`);
  const settings = parse(alarmSettings, input);
  const { EvaluationPeriods, DatapointsToAlarm = EvaluationPeriods } = settings;
  if (BAND_COMPARISONS.includes(settings.ComparisonOperator))
    throw unsupported(`alarms with ${settings.ComparisonOperator}`);
  if (settings.EvaluateLowSampleCountPercentile === 'ignore')
    throw unsupported('alarms with EvaluateLowSampleCountPercentile: ignore');
  if (settings.Threshold === undefined) throw missingParameter('Threshold');
  if (DatapointsToAlarm > EvaluationPeriods)
    throw invalidValue('DatapointsToAlarm must not be greater than EvaluationPeriods.');
  if (settings.Metrics) checkMetrics(settings, settings.Metrics, accountId);
  else checkMetric(settings);
  const { seconds } = watchedBy(settings);
  if (seconds === 1 || seconds === 5) throw invalidValue('Period must be 10, 20, 30 or a multiple of 60.');
  const longest = seconds >= 3_600 ? LONGEST_OF_HOURS_SECONDS : LONGEST_SECONDS;
  if (EvaluationPeriods * seconds > longest)
    throw invalidCombination(
      `Metrics cannot be checked across more than ${longest} seconds (EvaluationPeriods * Period).`,
    );
  return settings;
}

function checkMetric(settings: AlarmSettings): void {
  const { MetricName, Namespace, Period, Statistic, ExtendedStatistic } = settings;
  if (MetricName === undefined) throw missingParameter('MetricName or Metrics');
  if (Namespace === undefined) throw missingParameter('Namespace');
  if (Period === undefined) throw missingParameter('Period');
  if ((Statistic === undefined) === (ExtendedStatistic === undefined))
    throw invalidCombination('Specify either Statistic or ExtendedStatistic, but not both.');
  if (ExtendedStatistic !== undefined) statistic(ExtendedStatistic);
}

function checkMetrics(settings: AlarmSettings, metrics: readonly Query[], accountId: string): void {
  const beside = ['MetricName', 'Namespace', 'Period', 'Unit', 'Statistic', 'ExtendedStatistic'] as const;
  const both = beside.find((name) => settings[name] !== undefined);
  if (both !== undefined || settings.Dimensions.length > 0)
    throw invalidCombination(`${both ?? 'Dimensions'} must not be specified together with Metrics.`);
  checkQueries(metrics, accountId);
  if (metrics.filter(({ ReturnData }) => ReturnData !== false).length !== 1)
    throw invalidCombination('Exactly one element of the Metrics list should return data.');
  tryQueries(metrics);
}

/** The queries of an alarm, the one of them whose values it compares, and its period in seconds. */
export function watchedBy(settings: AlarmSettings): {
  readonly queries: readonly Query[];
  readonly watched: Query;
  readonly seconds: number;
} {
  const queries = settings.Metrics ?? [queryOf(settings)];
  const watched = queries.find(({ ReturnData }) => ReturnData !== false);
  if (!watched) throw invalidCombination('Exactly one element of the Metrics list should return data.');
  return { queries, watched, seconds: periodOf(watched, queries) };
}

function queryOf({
  Namespace,
  MetricName,
  Dimensions,
  Statistic,
  ExtendedStatistic,
  Period,
  Unit,
}: AlarmSettings): Query {
  return {
    Id: 'm1',
    MetricStat: {
      Metric: { Namespace: Namespace ?? '', MetricName: MetricName ?? '', Dimensions },
      Period: Period ?? 60,
      Stat: Statistic ?? ExtendedStatistic ?? '',
      ...(Unit !== undefined && { Unit }),
    },
  };
}
