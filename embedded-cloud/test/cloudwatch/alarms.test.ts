import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readAlarm } from '../../src/cloudwatch/alarm.ts';
import { Alarms } from '../../src/cloudwatch/alarms.ts';
import { MetricStore, SCHEMA } from '../../src/cloudwatch/store.ts';
import { openDatabase } from '../../src/database.ts';
import { MINUTE, WatchedCloud } from './watched-cloud.ts';

let cloud: WatchedCloud;
beforeEach(async () => {
  cloud = await WatchedCloud.start();
});
afterEach(() => cloud.stop());

describe('an alarm', () => {
  test('has insufficient data at first, goes off when a period breaches, and ends when it does not', async () => {
    await cloud.alarm();
    const atFirst = await cloud.state();
    await cloud.put({ Value: 6 });
    const underWay = await cloud.state();
    cloud.small.advance(MINUTE);
    const breached = await cloud.state();
    const described = await cloud.client.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
    await cloud.put({ Value: 5 });
    cloud.small.advance(MINUTE);
    const within = await cloud.state();
    cloud.small.advance(10 * MINUTE);

    expect([atFirst, underWay, breached, within]).toEqual([
      'INSUFFICIENT_DATA',
      'INSUFFICIENT_DATA',
      'ALARM',
      'OK',
    ]);
    expect(await cloud.state()).toBe('INSUFFICIENT_DATA');
    expect(described.MetricAlarms?.[0]).toMatchObject({
      AlarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:many',
      StateReason: expect.stringContaining('was greater than the threshold (5.0)'),
      StateTransitionedTimestamp: expect.any(Date),
      Threshold: 5,
    });
  });

  test('over metric math watches its result', async () => {
    const metric = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: { Metric: { Namespace: 'shop', MetricName }, Period: 60, Stat: 'Sum' },
    });
    const none = { Namespace: undefined, MetricName: undefined, Statistic: undefined, Period: undefined };
    await cloud.alarm({
      ...none,
      Metrics: [
        metric('a', 'orders'),
        metric('b', 'returns'),
        { Id: 'both', Expression: 'a + b', ReturnData: true },
      ],
    });

    await cloud.put([{ Value: 3 }, { MetricName: 'returns', Value: 3 }]);
    cloud.small.advance(MINUTE);

    expect(await cloud.state()).toBe('ALARM');
  });

  test('keeps its state over a change and a restart, and a state that was set until the next evaluation', async () => {
    await cloud.alarm();
    const StateValue = 'ALARM';
    await cloud.client.send(
      new SetAlarmStateCommand({ AlarmName: 'many', StateValue, StateReason: 'drill' }),
    );
    await cloud.alarm({ Threshold: 1 });

    const folder = cloud.small.folder;
    await cloud.stop(false);
    cloud = await WatchedCloud.start(folder);
    const { MetricAlarms } = await cloud.client.send(new DescribeAlarmsCommand({}));
    cloud.small.advance(MINUTE);

    expect(MetricAlarms?.[0]).toMatchObject({ Threshold: 1 });
    expect(await cloud.state()).toBe('INSUFFICIENT_DATA');
  });

  test('is found by name, by prefix and by state, page by page, until it is deleted', async () => {
    for (const AlarmName of ['a-1', 'a-2', 'a-3', 'b-1']) await cloud.alarm({ AlarmName });
    const names = async (input: object) => {
      const { MetricAlarms, NextToken } = await cloud.client.send(new DescribeAlarmsCommand(input));
      return { names: MetricAlarms?.map(({ AlarmName }) => AlarmName), NextToken };
    };

    const first = await names({ AlarmNamePrefix: 'a-', MaxRecords: 2 });
    const second = await names({ AlarmNamePrefix: 'a-', MaxRecords: 2, NextToken: first.NextToken });
    const missing = cloud.client.send(new DeleteAlarmsCommand({ AlarmNames: ['a-1', 'c-1'] }));
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFound' });
    await cloud.client.send(new DeleteAlarmsCommand({ AlarmNames: ['a-1', 'a-2'] }));

    expect([first.names, second.names, second.NextToken]).toEqual([['a-1', 'a-2'], ['a-3'], undefined]);
    expect((await names({ AlarmNames: ['a-1', 'b-1'] })).names).toEqual(['b-1']);
    expect((await names({ StateValue: 'OK' })).names).toEqual([]);
    expect((await names({})).names).toEqual(['a-3', 'b-1']);
  });

  test('is refused where it says too little, too much, or what is not evaluated here', async () => {
    const refused = (input: Parameters<WatchedCloud['alarm']>[0]) =>
      cloud.alarm(input).then(
        () => 'accepted',
        (error: Error) => error.name,
      );
    expect({
      noStatistic: await refused({ Statistic: undefined }),
      noThreshold: await refused({ Threshold: undefined }),
      twoStatistics: await refused({ ExtendedStatistic: 'p90' }),
      moreThanAll: await refused({ EvaluationPeriods: 2, DatapointsToAlarm: 3 }),
      tooLong: await refused({ Period: 60, EvaluationPeriods: 1_441 }),
      band: await refused({ ThresholdMetricId: 'e1' }),
      lowSamples: await refused({ EvaluateLowSampleCountPercentile: 'ignore' }),
    }).toEqual({
      noStatistic: 'InvalidParameterCombinationException',
      noThreshold: 'MissingRequiredParameterException',
      twoStatistics: 'InvalidParameterCombinationException',
      moreThanAll: 'InvalidParameterValueException',
      tooLong: 'InvalidParameterCombinationException',
      band: 'NotImplemented',
      lowSamples: 'NotImplemented',
    });
    expect(await cloud.state()).toBeUndefined();
  });

  test.each([
    ['FILL(m1, REPEAT)', 'NotImplemented'],
    ['m1 / m9', 'InvalidParameterValueException'],
    ['[m1]', 'NotImplemented'],
    ['result + 1', 'InvalidParameterValueException'],
  ])('over %s, which cannot be evaluated, is refused', async (Expression, name) => {
    const none = { Namespace: undefined, MetricName: undefined, Statistic: undefined, Period: undefined };
    const MetricStat = { Metric: { Namespace: 'shop', MetricName: 'orders' }, Period: 60, Stat: 'Sum' };
    const Metrics = [
      { Id: 'm1', ReturnData: false, MetricStat },
      { Id: 'result', Expression },
    ];

    await expect(cloud.alarm({ ...none, Metrics })).rejects.toMatchObject({ name });
    expect(await cloud.state()).toBeUndefined();
  });

  test('that cannot be evaluated says so, and keeps no other from its evaluation', () => {
    const { cloud: core } = cloud.small;
    using database = openDatabase(core.stateDir('other-alarms'), SCHEMA, 'alarms');
    const alarms = new Alarms(core, database, new MetricStore(database));
    const settings = readAlarm(
      {
        ...{ AlarmName: 'good', Namespace: 'shop', MetricName: 'orders', Statistic: 'Sum', Period: 60 },
        ...{ EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: 'GreaterThanThreshold' },
        TreatMissingData: 'breaching',
      },
      core.accountId,
    );
    alarms.put(
      { ...settings, AlarmName: 'bad', Metrics: [{ Id: 'e', Expression: 'm9', Period: 60 }] },
      'api',
    );
    alarms.put(settings, 'api');
    cloud.small.advance(MINUTE);

    alarms.evaluateDue();

    expect(alarms.find('good')?.state).toBe('ALARM');
    expect(alarms.find('bad')).toMatchObject({
      state: 'INSUFFICIENT_DATA',
      reason: expect.stringContaining('m9, which no query has'),
    });
  });

  test('of a template is there from the start, and goes with the template', async () => {
    const properties = {
      ...{ Namespace: 'shop', MetricName: 'orders', Statistic: 'Sum', Period: 300, EvaluationPeriods: '1' },
      ...{ Threshold: 5, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'notBreaching' },
    };
    const made = await cloud.small.provide('AWS::CloudWatch::Alarm', properties, 'Many');
    await cloud.small.service.start?.();
    cloud.small.advance(MINUTE);
    const state = await cloud.state(made.ref);
    const folder = cloud.small.folder;
    await cloud.stop(false);
    cloud = await WatchedCloud.start(folder);
    await cloud.small.service.start?.();

    expect(made).toEqual({
      ref: 'Stack-Many-0a1b2c3d',
      attributes: { Arn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:Stack-Many-0a1b2c3d' },
    });
    expect(state).toBe('OK');
    expect(await cloud.state(made.ref)).toBeUndefined();
  });
});

describe('a role', () => {
  test('may do with metrics and alarms what its policies allow, and nothing else', async () => {
    await cloud.alarm({ AlarmName: 'mine' });
    await cloud.alarm({ AlarmName: 'yours' });
    const settings = cloud.small.role('watcher', [
      { Effect: 'Allow', Action: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'], Resource: '*' },
      { Effect: 'Allow', Action: 'cloudwatch:DeleteAlarms', Resource: 'arn:aws:cloudwatch:*:*:alarm:mine' },
      {
        ...{ Effect: 'Allow', Action: 'cloudwatch:PutMetricData', Resource: '*' },
        Condition: { StringEquals: { 'cloudwatch:namespace': 'shop' } },
      },
    ]);
    const client = new CloudWatchClient(settings);
    const MetricStat = { Metric: { Namespace: 'shop', MetricName: 'n' }, Period: 60, Stat: 'Sum' };
    const range = { StartTime: new Date(cloud.now - MINUTE), EndTime: new Date(cloud.now) };
    const put = (Namespace: string) =>
      client.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: 'n', Value: 1 }] }));
    const outcome = (request: Promise<unknown>) =>
      request.then(
        () => 'allowed',
        (error: Error) => error.name,
      );

    expect({
      describe: await outcome(client.send(new DescribeAlarmsCommand({}))),
      read: await outcome(
        client.send(new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: 'n', MetricStat }] })),
      ),
      list: await outcome(client.send(new ListMetricsCommand({}))),
      shop: await outcome(put('shop')),
      bank: await outcome(put('bank')),
      mine: await outcome(client.send(new DeleteAlarmsCommand({ AlarmNames: ['mine'] }))),
      yours: await outcome(client.send(new DeleteAlarmsCommand({ AlarmNames: ['yours'] }))),
    }).toEqual({
      ...{ describe: 'allowed', read: 'allowed', shop: 'allowed', mine: 'allowed' },
      ...{ list: 'AccessDenied', bank: 'AccessDenied', yours: 'AccessDenied' },
    });
    client.destroy();
  });
});
