/** CloudWatch behind its real gateway, with a clock that a test moves, and the SDK's client. */
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  type MetricDatum,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { type CloudWatchService, cloudwatch } from '../../src/cloudwatch/index.ts';
import { type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

export const MINUTE = 60_000;

export class WatchedCloud {
  readonly small: SmallCloud<CloudWatchService>;
  readonly client: CloudWatchClient;

  private constructor(small: SmallCloud<CloudWatchService>) {
    this.small = small;
    this.client = new CloudWatchClient(small.operator);
  }

  /** The clock stands at the beginning of a minute. */
  static async start(folder?: string): Promise<WatchedCloud> {
    const cloud = new WatchedCloud(await smallCloud(cloudwatch, folder));
    cloud.toMinute();
    return cloud;
  }

  get now(): number {
    return this.small.cloud.now();
  }

  /** The beginning of this minute. */
  get minute(): number {
    return this.now - (this.now % MINUTE);
  }

  /** Moves the clock to the beginning of the next minute. */
  toMinute(): void {
    this.small.advance(MINUTE - (this.now % MINUTE));
  }

  put(data: Partial<MetricDatum> | Partial<MetricDatum>[], Namespace = 'shop') {
    const all = Array.isArray(data) ? data : [data];
    const MetricData = all.map((datum) => ({ MetricName: 'orders', ...datum }));
    return this.client.send(new PutMetricDataCommand({ Namespace, MetricData }));
  }

  /** What GetMetricData answers for the last hour, oldest first. */
  data(MetricDataQueries: GetMetricDataCommandInput['MetricDataQueries'], more: object = {}) {
    return this.client.send(
      new GetMetricDataCommand({
        MetricDataQueries,
        StartTime: new Date(this.now - 60 * MINUTE),
        EndTime: new Date(this.now + MINUTE),
        ScanBy: 'TimestampAscending',
        ...more,
      }),
    );
  }

  /** The values of one statistic of `orders`. */
  async values(Stat: string, Period = 60): Promise<number[] | undefined> {
    const MetricStat = { Metric: { Namespace: 'shop', MetricName: 'orders' }, Period, Stat };
    const { MetricDataResults } = await this.data([{ Id: 'orders', MetricStat }]);
    return MetricDataResults?.[0]?.Values;
  }

  /** An alarm over the sum of `orders` in a minute: above 5. */
  alarm(input: Partial<PutMetricAlarmCommandInput> = {}) {
    return this.client.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: 'many', Namespace: 'shop', MetricName: 'orders', Statistic: 'Sum', Period: 60 },
        ...{ EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: 'GreaterThanThreshold' },
        ...input,
      }),
    );
  }

  async state(name = 'many'): Promise<string | undefined> {
    const { MetricAlarms } = await this.client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
    return MetricAlarms?.[0]?.StateValue;
  }

  async stop(remove = true): Promise<void> {
    this.client.destroy();
    await this.small.stop(remove);
  }
}
