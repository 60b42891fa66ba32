/** What identifies a metric: its namespace, its name and its dimensions, all of them. */
import { z } from 'zod';

const dimension = z.object({ Name: z.string().min(1).max(255), Value: z.string().min(1).max(1024) });
export type Dimension = z.infer<typeof dimension>;

/** At most 30 dimensions (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html). */
export const dimensions = z.array(dimension).max(30).default([]);
export const namespace = z.string().min(1).max(255);
export const metricName = z.string().min(1).max(255);

/** As GetMetricData and alarms name one. */
export const metric = z.object({ Namespace: namespace, MetricName: metricName, Dimensions: dimensions });

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

export function metricOf({ Namespace, MetricName, Dimensions }: z.infer<typeof metric>): Metric {
  return { namespace: Namespace, name: MetricName, dimensions: Dimensions };
}

/** The dimensions as one text, whatever their order. */
export function dimensionsKey(all: readonly Dimension[]): string {
  const pairs = all.map(({ Name, Value }): [string, string] => [Name, Value]);
  return JSON.stringify(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const stored = z.array(z.tuple([z.string(), z.string()]));

/** What `dimensionsKey` made. */
export function dimensionsOf(key: string): Dimension[] {
  return stored.parse(JSON.parse(key)).map(([Name, Value]) => ({ Name, Value }));
}

const AMOUNTS = ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes'].flatMap((bytes) => [
  bytes,
  bytes.replace('ytes', 'its'),
]);
const UNITS = ['Count', ...AMOUNTS].flatMap((amount) => [amount, `${amount}/Second`]);

/** The units of CloudWatch; data without one have `None`. */
export const unit = z.enum(['Seconds', 'Microseconds', 'Milliseconds', 'Percent', 'None', ...UNITS]);
