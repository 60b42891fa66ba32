import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricDataQuery,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CreateAliasCommand,
  InvokeCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cloudwatch } from '../../src/cloudwatch/index.ts';
import { lambda } from '../../src/lambda/index.ts';
import { logs } from '../../src/logs/index.ts';
import { zip } from '../../test-kit/zip.ts';
import { Functions } from './functions.ts';

let functions: Functions;
let watch: CloudWatchClient;
/** By how much the cloud's clock is ahead, in milliseconds. */
let ahead: number;
beforeEach(async () => {
  ahead = 0;
  const now = () => Date.now() + ahead;
  functions = await Functions.start({ services: [logs, cloudwatch, lambda], now });
  watch = client();
});
afterEach(async () => {
  watch.destroy();
  await functions[Symbol.asyncDispose]();
});

function client(): CloudWatchClient {
  const { endpoint, operator: credentials } = functions.running.cloud;
  return new CloudWatchClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
}

type Dimensions = Readonly<Record<string, string>>;

/** A statistic over the last hours, by one metric's name and its dimensions; undefined when there are no data. */
async function told(MetricName: string, dimensions: Dimensions, Stat = 'Sum'): Promise<number | undefined> {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: 'AWS/Lambda', MetricName, Dimensions };
  const query: MetricDataQuery = { Id: 'm', MetricStat: { Metric, Period: 86_400, Stat } };
  const { MetricDataResults } = await watch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [query],
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 60_000),
    }),
  );
  return MetricDataResults?.[0]?.Values?.[0];
}

const invoke = (Qualifier?: string, fails = false) =>
  functions.running.client.send(
    new InvokeCommand({ FunctionName: 'app', Qualifier, Payload: Buffer.from(JSON.stringify({ fails })) }),
  );

const failing = () =>
  zip({
    'index.mjs': 'export const handler = async ({ fails }) => { if (fails) throw new Error("asked to"); };',
  });

test('invocations, errors and durations are told by function, by alias, and by version behind a weighted alias', async () => {
  await functions.ready('app', { Code: { ZipFile: await failing() }, Publish: true });
  await functions.update('app', 'two');
  await functions.running.client.send(new PublishVersionCommand({ FunctionName: 'app' }));
  const live = { FunctionName: 'app', Name: 'live' };
  await functions.running.client.send(new CreateAliasCommand({ ...live, FunctionVersion: '1' }));

  await invoke();
  await invoke('live', true);
  const RoutingConfig = { AdditionalVersionWeights: { 2: 1 } };
  await functions.running.client.send(new UpdateAliasCommand({ ...live, RoutingConfig }));
  for (let calls = 0; calls < 3; calls++) await invoke('live', true);

  const behind = (ExecutedVersion: string) => ({
    FunctionName: 'app',
    Resource: 'app:live',
    ExecutedVersion,
  });
  expect({
    all: await told('Invocations', {}),
    ofFunction: await told('Invocations', { FunctionName: 'app' }),
    unqualified: await told('Invocations', { FunctionName: 'app', Resource: 'app' }),
    ofAlias: await told('Invocations', { FunctionName: 'app', Resource: 'app:live' }),
    ofTwo: await told('Invocations', behind('2')),
    errors: await told('Errors', { FunctionName: 'app' }),
    errorsOfTwo: await told('Errors', behind('2')),
    errorRate: await told('Errors', { FunctionName: 'app', Resource: 'app:live' }, 'Average'),
    // Before the weights, the alias led to one version only.
    ofOne: await told('Invocations', behind('1')),
    throttles: await told('Throttles', { FunctionName: 'app' }),
  }).toEqual({
    ...{ all: 5, ofFunction: 5, unqualified: 1, ofAlias: 4, ofTwo: 3 },
    ...{ errors: 1, errorsOfTwo: 0, errorRate: 0.25, ofOne: undefined, throttles: 0 },
  });
  expect(await told('Duration', { FunctionName: 'app' }, 'SampleCount')).toBe(5);
  expect(await told('Duration', { FunctionName: 'app' }, 'p99')).toBeGreaterThan(0);
});

test('an alarm over the errors of the new version goes off while a weighted alias sends it traffic', async () => {
  await functions.ready('app', { Code: { ZipFile: await failing() }, Publish: true });
  await functions.update('app', 'two');
  await functions.running.client.send(new PublishVersionCommand({ FunctionName: 'app' }));
  const RoutingConfig = { AdditionalVersionWeights: { 1: 1 } };
  const live = { FunctionName: 'app', Name: 'live', FunctionVersion: '2', RoutingConfig };
  await functions.running.client.send(new CreateAliasCommand(live));
  for (const ExecutedVersion of ['1', '2']) {
    const dimensions = { FunctionName: 'app', Resource: 'app:live', ExecutedVersion };
    await watch.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: `errors-of-${ExecutedVersion}`, Namespace: 'AWS/Lambda', MetricName: 'Errors' },
        ...{ Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, TreatMissingData: 'notBreaching' },
        ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold: 1 },
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      }),
    );
  }

  await invoke('live', true);
  ahead = 60_000;

  const { MetricAlarms } = await watch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: 'errors-' }));
  expect(MetricAlarms?.map(({ StateValue }) => StateValue)).toEqual(['ALARM', 'OK']);
});

test('events that are refused are told as throttled, and not as invocations', async () => {
  await functions.ready('app');
  await functions.running.client.send(
    new PutFunctionConcurrencyCommand({ FunctionName: 'app', ReservedConcurrentExecutions: 0 }),
  );

  await expect(invoke()).rejects.toMatchObject({ name: 'TooManyRequestsException' });

  expect(await told('Throttles', { FunctionName: 'app' })).toBe(1);
  expect(await told('Invocations', { FunctionName: 'app' })).toBeUndefined();
});

test('what was measured is there after a stop', async () => {
  await functions.ready('app');
  await invoke();

  functions.running = await functions.running.restart();
  watch.destroy();
  watch = client();

  expect(await told('Invocations', { FunctionName: 'app' })).toBe(1);
});
