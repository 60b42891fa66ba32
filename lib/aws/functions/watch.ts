/** How a version does with the traffic that it has: the alarms of its owner, and the errors that Lambda counts. */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { Watched } from '../../domain/ports/targets.ts';
import { aliasOf } from './alias.ts';
import type { FunctionRelease } from './code.ts';

/** Loaded when a version is watched, which most deployments do not need. */
const cloudWatch = () => import('@aws-sdk/client-cloudwatch');

/** Percent of invocations that may fail where the target does not say. */
const MAX_ERROR_PERCENT = 5;
/** Seconds: Lambda sends its metrics by the minute. */
const PERIOD = 60;

/** @returns the first thing that speaks against it, in a sentence */
export async function faultOf(
  connect: (sdk: typeof CloudWatchClient) => CloudWatchClient,
  release: FunctionRelease,
  watched: Watched,
  now: number,
): Promise<string | undefined> {
  const { alarms } = release.target;
  if (alarms.length === 0 && !watched.isBaking) return undefined;
  const { CloudWatchClient: sdk } = await cloudWatch();
  const client = connect(sdk);
  return (
    (alarms.length === 0 ? undefined : await alarmFault(client, alarms)) ??
    (watched.isBaking ? await errorFault(client, release, watched, now) : undefined)
  );
}

async function alarmFault(client: CloudWatchClient, names: readonly string[]): Promise<string | undefined> {
  const { DescribeAlarmsCommand } = await cloudWatch();
  const { MetricAlarms: simple = [], CompositeAlarms: composite = [] } = await client.send(
    new DescribeAlarmsCommand({
      AlarmNames: [...names],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      MaxRecords: 100,
    }),
  );
  const found = [...simple, ...composite];
  const missing = names.filter((name) => !found.some(({ AlarmName }) => AlarmName === name));
  if (missing.length > 0)
    return `There is no alarm ${missing.map((name) => `'${name}'`).join(', ')}. Create it, or take it from the target's alarms.`;
  const ringing = found.find(({ StateValue: state }) => state === 'ALARM');
  return ringing && `Alarm '${ringing.AlarmName}' is in alarm: ${ringing.StateReason ?? 'no reason given'}`;
}

async function errorFault(
  client: CloudWatchClient,
  release: FunctionRelease,
  { version, percent, since }: Watched,
  now: number,
): Promise<string | undefined> {
  // With all of the traffic, versions are told apart by time alone: the minute of the move is of both.
  const minute = PERIOD * 1000;
  const from = (percent === 100 ? Math.ceil(since / minute) : Math.floor(since / minute)) * minute;
  if (from >= now) return undefined;
  const { GetMetricDataCommand } = await cloudWatch();
  const { target } = release;
  const alias = `${target.function_name}:${aliasOf(release)}`;
  // Only an alias with two versions counts by version (docs: "Lambda metrics", dimensions).
  const dimensions = [
    { Name: 'FunctionName', Value: target.function_name },
    { Name: 'Resource', Value: alias },
    ...(percent === 100 ? [] : [{ Name: 'ExecutedVersion', Value: version }]),
  ];
  const query = (Id: string, MetricName: string) => ({
    Id,
    MetricStat: {
      Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions: dimensions },
      Period: PERIOD,
      Stat: 'Sum',
    },
  });
  const { MetricDataResults: results = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(from),
      EndTime: new Date(now + 1000),
      MetricDataQueries: [query('errors', 'Errors'), query('invocations', 'Invocations')],
    }),
  );
  const sumOf = (id: string) =>
    results
      .filter(({ Id }) => Id === id)
      .flatMap(({ Values = [] }) => Values)
      .reduce((sum, value) => sum + value, 0);
  const [errors, invocations] = [sumOf('errors'), sumOf('invocations')];
  const most = target.max_error_percent ?? MAX_ERROR_PERCENT;
  if (errors === 0 || (100 * errors) / invocations <= most) return undefined;
  return `${errors} of ${invocations} invocations of version ${version} failed; ${most} % were allowed.`;
}
