/** Meters that are read from the cloud after the builds: what CloudWatch Logs and Step Functions have recorded. */
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import {
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListStateMachines,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { median } from '../figure.ts';
import type { Installation } from '../installation.ts';
import type { CallCount } from '../messages.ts';
import type { BuildUsage, Usage } from './usage.ts';

/** What a log event is charged for beside its text (CloudWatch Logs quotas). */
const EVENT_OVERHEAD_BYTES = 26;

const clientOptions = ({ endpoint, region, operator }: Installation) => ({
  endpoint,
  region,
  credentials: operator,
});

/** What a function's log group says of its invocations. */
interface Reported {
  readonly durations: readonly number[];
  readonly gigabytes: number;
}

/** Invocations by streams: no call of AWS leads to them, so they are counted by what the functions' log groups say. */
async function polled(installation: Installation, began: number): Promise<CallCount[]> {
  const client = new LambdaClient(clientOptions(installation));
  const calls: CallCount[] = [];
  for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings({ client }, {}))
    for (const { FunctionArn: resource = '' } of EventSourceMappings) {
      const { durations } = await reported(installation, client, resource.split(':')[6] ?? '', began);
      const count = durations.length;
      calls.push({ action: 'lambda:InvokeFunction', resource, principal: 'lambda.amazonaws.com', count });
    }
  client.destroy();
  return calls;
}

/** Median of the billed durations of each function, times its memory, times how often it was invoked. */
async function gigabyteSeconds(
  installation: Installation,
  calls: readonly CallCount[],
  began: number,
): Promise<number> {
  const invoked = calls.filter(({ action }) => action === 'lambda:InvokeFunction');
  const client = new LambdaClient(clientOptions(installation));
  let total = 0;
  for (const name of new Set(invoked.map(({ resource }) => resource.split(':')[6] ?? ''))) {
    const { durations, gigabytes } = await reported(installation, client, name, began);
    const times = invoked
      .filter(({ resource }) => resource.split(':')[6] === name)
      .reduce((sum, { count }) => sum + count, 0);
    if (durations.length > 0) total += (median(durations) / 1000) * gigabytes * times;
  }
  client.destroy();
  return total;
}

async function reported(
  installation: Installation,
  client: LambdaClient,
  name: string,
  began: number,
): Promise<Reported> {
  const { LoggingConfig, MemorySize = 0 } = await client.send(
    new GetFunctionConfigurationCommand({ FunctionName: name }),
  );
  const durations: number[] = [];
  const group = LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
  for await (const { message } of logged(installation, group, began)) {
    const billed = /^REPORT .*Billed Duration: (\d+) ms/.exec(message)?.[1];
    if (billed !== undefined) durations.push(Number(billed));
  }
  return { durations, gigabytes: MemorySize / 1024 };
}

/** Each state entered is one, as often as it is tried. */
async function transitions(installation: Installation, began: number): Promise<number> {
  const client = new SFNClient(clientOptions(installation));
  let entered = 0;
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {}))
    for (const { stateMachineArn } of stateMachines)
      for await (const { executions = [] } of paginateListExecutions({ client }, { stateMachineArn }))
        for (const { executionArn, startDate } of executions)
          if ((startDate?.getTime() ?? 0) >= began)
            for await (const { events = [] } of paginateGetExecutionHistory({ client }, { executionArn }))
              entered += events.filter(({ type }) => type?.endsWith('StateEntered')).length;
  client.destroy();
  return entered;
}

async function loggedBytes(installation: Installation, began: number): Promise<number> {
  const client = new CloudWatchLogsClient(clientOptions(installation));
  let bytes = 0;
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, {}))
    for (const { logGroupName = '' } of logGroups)
      for await (const { message } of logged(installation, logGroupName, began))
        bytes += Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
  client.destroy();
  return bytes;
}

async function* logged(
  installation: Installation,
  logGroupName: string,
  startTime: number,
): AsyncGenerator<{ message: string }> {
  const client = new CloudWatchLogsClient(clientOptions(installation));
  for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName, startTime }))
    for (const { message = '' } of events) yield { message };
  client.destroy();
}

/** What several of one thing have used: what each was seen to, and its part of what they used together since a time. */
export async function usageOf(
  installation: Installation,
  counted: readonly BuildUsage[],
  began: number,
): Promise<Usage> {
  const streamed = (await polled(installation, began)).map((call) => ({
    ...call,
    count: call.count / counted.length,
  }));
  const builds = counted.map((one) => ({ ...one, calls: [...one.calls, ...streamed] }));
  const calls = builds.flatMap((one) => one.calls);
  return {
    builds,
    gigabyteSeconds: await gigabyteSeconds(installation, calls, began),
    transitions: await transitions(installation, began),
    loggedBytes: await loggedBytes(installation, began),
  };
}
