import { GetMetricStatisticsCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MINUTE, WatchedCloud } from './watched-cloud.ts';

let cloud: WatchedCloud;
beforeEach(async () => {
  cloud = await WatchedCloud.start();
});
afterEach(() => cloud.stop());

const orders = (Stat: string, Dimensions: { Name: string; Value: string }[] = []) => ({
  MetricStat: { Metric: { Namespace: 'shop', MetricName: 'orders', Dimensions }, Period: 60, Stat },
});

describe('metric data', () => {
  test('come back as each statistic, by minute', async () => {
    await cloud.put([{ Value: 1 }, { Value: 3 }, { Values: [10, 20], Counts: [2, 1] }]);
    cloud.small.advance(MINUTE);
    await cloud.put({ StatisticValues: { SampleCount: 4, Sum: 40, Minimum: 1, Maximum: 30 } });

    expect({
      Sum: await cloud.values('Sum'),
      SampleCount: await cloud.values('SampleCount'),
      Average: await cloud.values('Average'),
      Minimum: await cloud.values('Minimum'),
      Maximum: await cloud.values('Maximum'),
      // A statistic set does not tell how its values were spread.
      p50: await cloud.values('p50'),
      bothMinutes: await cloud.values('Sum', 7200),
    }).toEqual({
      Sum: [44, 40],
      SampleCount: [5, 4],
      Average: [8.8, 10],
      Minimum: [1, 1],
      Maximum: [20, 30],
      p50: [10],
      bothMinutes: [84],
    });
  });

  test('of many different values give percentiles that are right to half a percent', async () => {
    const count = 1_000;
    for (let sent = 0; sent < count; sent += 100) {
      const Values = Array.from({ length: 100 }, (_, index) => 1_000.5 + sent + index);
      await cloud.put({ Values });
    }

    for (const percent of [50, 90, 99.9]) {
      const [value = 0] = (await cloud.values(`p${percent}`)) ?? [];
      expect(Math.abs(value / (1_000.5 + (percent / 100) * count) - 1)).toBeLessThan(0.006);
    }
  });

  test('survive a restart, and each combination of dimensions is a metric of its own', async () => {
    const eu = [
      { Name: 'region', Value: 'eu' },
      { Name: 'kind', Value: 'web' },
    ];
    await cloud.put([{ Value: 1 }, { Value: 2, Dimensions: eu }]);

    await cloud.stop(false);
    cloud = await WatchedCloud.start(cloud.small.folder);
    const { MetricDataResults = [] } = await cloud.data([
      { Id: 'none', ...orders('Sum') },
      { Id: 'both', ...orders('Sum', eu.toReversed()) },
      { Id: 'one', ...orders('Sum', eu.slice(0, 1)) },
    ]);
    const listed = await cloud.client.send(new ListMetricsCommand({ Dimensions: [{ Name: 'region' }] }));

    expect(MetricDataResults.map(({ Id, Values }) => [Id, Values])).toEqual([
      ['none', [1]],
      ['both', [2]],
      ['one', []],
    ]);
    expect(listed.Metrics).toHaveLength(1);
    expect(listed.Metrics?.[0]).toMatchObject({ Namespace: 'shop', MetricName: 'orders' });
  });

  test('are read in pages, from either end', async () => {
    const began = cloud.minute;
    for (let minute = 0; minute < 5; minute++) {
      await cloud.put({ Value: minute });
      cloud.small.advance(MINUTE);
    }
    const ask = (more: object) => cloud.data([{ Id: 'm', ...orders('Sum') }], { MaxDatapoints: 2, ...more });

    const first = await ask({ ScanBy: undefined });
    const second = await ask({ ScanBy: undefined, NextToken: first.NextToken });
    const last = await ask({ ScanBy: undefined, NextToken: second.NextToken });
    const oldest = await ask({});

    const pages = [first, second, last].map(({ MetricDataResults }) => MetricDataResults?.[0]);
    expect(pages.map((page) => page?.Values)).toEqual([[4, 3], [2, 1], [0]]);
    expect(pages.map((page) => page?.StatusCode)).toEqual(['PartialData', 'PartialData', 'Complete']);
    expect(last.NextToken).toBeUndefined();
    expect(oldest.MetricDataResults?.[0]).toMatchObject({
      Values: [0, 1],
      Timestamps: [new Date(began), new Date(began + MINUTE)],
    });
  });

  test('of GetMetricStatistics have their unit and all statistics that were asked for', async () => {
    await cloud.put([
      { Value: 2, Unit: 'Count' },
      { Value: 4, Unit: 'Count' },
    ]);
    const asked = {
      ...{ Namespace: 'shop', MetricName: 'orders', Period: 300 },
      ...{ StartTime: new Date(cloud.now - MINUTE), EndTime: new Date(cloud.now + MINUTE) },
    };

    const simple = await cloud.client.send(
      new GetMetricStatisticsCommand({ ...asked, Statistics: ['Sum', 'Average'] }),
    );
    const extended = await cloud.client.send(
      new GetMetricStatisticsCommand({ ...asked, ExtendedStatistics: ['p100'], Unit: 'Count' }),
    );
    const otherUnit = await cloud.client.send(
      new GetMetricStatisticsCommand({ ...asked, Statistics: ['Sum'], Unit: 'Bytes' }),
    );

    const Timestamp = new Date(cloud.minute - MINUTE);
    expect(simple.Datapoints).toEqual([{ Timestamp, Unit: 'Count', Sum: 6, Average: 3 }]);
    expect(extended.Datapoints?.[0]?.ExtendedStatistics).toEqual({ p100: 4 });
    expect(otherUnit.Datapoints).toEqual([]);
  });

  test('of high resolution are there by the second, others not below a minute', async () => {
    await cloud.put([
      { Value: 1, StorageResolution: 1 },
      { MetricName: 'slow', Value: 1 },
    ]);
    cloud.small.advance(15_000);
    await cloud.put({ Value: 2, StorageResolution: 1 });

    expect(await cloud.values('Sum', 10)).toEqual([1, 2]);
    expect(await cloud.values('Sum', 60)).toEqual([3]);
  });

  test('of a large request, which the client compresses, arrive whole', async () => {
    const Dimensions = [{ Name: 'long', Value: 'x'.repeat(1_000) }];
    await cloud.put(Array.from({ length: 100 }, () => ({ Value: 1, Dimensions })));

    const { MetricDataResults } = await cloud.data([{ Id: 'm', ...orders('SampleCount', Dimensions) }]);
    expect(MetricDataResults?.[0]?.Values).toEqual([100]);
  });
});

describe('metric math', () => {
  const both = [
    { Id: 'errors', ...orders('Sum', [{ Name: 'kind', Value: 'errors' }]), ReturnData: false },
    { Id: 'calls', ...orders('Sum', [{ Name: 'kind', Value: 'calls' }]), ReturnData: false },
  ];
  const evaluated = async (Expression: string) => {
    const { MetricDataResults } = await cloud.data([...both, { Id: 'e', Expression }], {
      StartTime: new Date(cloud.now - 2 * MINUTE),
      EndTime: new Date(cloud.now),
    });
    return MetricDataResults?.[0]?.Values;
  };

  test('computes with metrics, where all of them have data, and fills in what is missing', async () => {
    await cloud.put([
      { Value: 10, Dimensions: [{ Name: 'kind', Value: 'calls' }] },
      { Value: 1, Dimensions: [{ Name: 'kind', Value: 'errors' }] },
    ]);
    cloud.small.advance(MINUTE);
    await cloud.put({ Value: 20, Dimensions: [{ Name: 'kind', Value: 'calls' }] });
    cloud.small.advance(MINUTE);

    expect({
      rate: await evaluated('100 * errors / calls'),
      filled: await evaluated('FILL(errors, 0) / calls * 100'),
      chosen: await evaluated('IF(calls > 15 AND calls < 25, calls - 1, -(2 ^ 3))'),
      sum: await evaluated('SUM([errors, calls])'),
      most: await evaluated('calls - calls + MAX(calls)'),
    }).toEqual({ rate: [10], filled: [10, 0], chosen: [-8, 19], sum: [11, 20], most: [20, 20] });
  });

  test('that is not supported, or not valid, is refused by name', async () => {
    await expect(evaluated('ANOMALY_DETECTION_BAND(calls)')).rejects.toThrow(/does not implement.*ANOMALY/);
    await expect(evaluated('SELECT SUM(x) FROM y')).rejects.toThrow(/Metrics Insights/);
    await expect(evaluated('[errors, calls]')).rejects.toThrow(/more than one series/);
    await expect(evaluated('errors +')).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    await expect(evaluated('others + 1')).rejects.toThrow(/others/);
    await expect(evaluated('e + 1')).rejects.toThrow(/refers to itself/);
  });
});

describe('a request that CloudWatch refuses', () => {
  test('is refused with its error, and nothing is kept of it', async () => {
    const refused = (request: Promise<unknown>) =>
      request.then(
        () => 'accepted',
        (error: Error) => error.name,
      );
    expect({
      reserved: await refused(cloud.put({ Value: 1 }, 'AWS/Lambda')),
      noValue: await refused(cloud.put({})),
      twoValues: await refused(cloud.put({ Value: 1, Values: [2] })),
      counts: await refused(cloud.put({ Values: [1, 2], Counts: [1] })),
      old: await refused(cloud.put({ Value: 1, Timestamp: new Date(cloud.now - 15 * 86_400_000) })),
      oneOfTwo: await refused(cloud.put([{ Value: 1 }, { Value: 2 ** 361 }])),
      period: await refused(cloud.values('Sum', 61)),
      statistic: await refused(cloud.values('Median')),
      trimmed: await refused(cloud.values('tm99')),
    }).toEqual({
      reserved: 'InvalidParameterValueException',
      noValue: 'InvalidParameterCombinationException',
      twoValues: 'InvalidParameterCombinationException',
      counts: 'InvalidParameterValueException',
      old: 'InvalidParameterValueException',
      oneOfTwo: 'InvalidParameterValueException',
      period: 'InvalidParameterValueException',
      statistic: 'InvalidParameterValueException',
      trimmed: 'NotImplemented',
    });
    expect((await cloud.client.send(new ListMetricsCommand({}))).Metrics).toEqual([]);
  });
});
