/** What the control plane of a thousand builds costs: the AWS calls of some builds, counted and priced. */
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListStateMachines,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { COMPUTE_TYPES } from '../lib/aws/codebuild/types.ts';
import { markdown, median, type Report } from './figure.ts';
import { type Bench, type Installation, withInstallation } from './installation.ts';
import type { CallCount } from './messages.ts';
import { completed, noopProject, startNoop } from './noop.ts';
import { PRICES } from './prices.ts';

/** Another artifact each time, so that it is uploaded each time. */
const MANIFEST = `services:
  something:
    commands: ['date +%s%N > out']
    artifacts: out
`;
const BUILDS = 10;
/** Longer than a build and its events take, so that its run is asked for once. */
const QUIET_MS = 2_500;
/** What a log event is charged for beside its text (CloudWatch Logs quotas). */
const EVENT_OVERHEAD_BYTES = 26;

interface Line {
  readonly what: string;
  /** In one build. */
  readonly amount: number;
  readonly each: number;
}

export async function price(bench: Bench): Promise<Report> {
  return withInstallation(bench, async (installation) => {
    const { client } = installation;
    const noop = await noopProject(client, bench.scratch, 'price', MANIFEST);
    await completed(client, (await startNoop(client, noop)).run, QUIET_MS);
    await installation.capacity();
    await installation.calls();
    const began = Date.now();
    for (let build = 0; build < BUILDS; build++)
      await completed(client, (await startNoop(client, noop)).run, QUIET_MS);
    const lines = await pricedLines(installation, began);
    const thousand = lines.reduce((sum, { amount, each }) => sum + amount * each, 0) * 1000;
    return {
      figures: [
        { what: 'control plane of 1,000 builds', unit: '$', samples: [thousand], aim: '≤ $0.20' },
        ...machines(),
        {
          what: 'control plane beside a minute of the smallest machine',
          unit: '×',
          samples: [thousand / (1000 * COMPUTE_TYPES.small.sizes.arm64.pricePerMinute)],
        },
      ],
      more: markdown(
        ['of one build, with its POST and one GET of its run', 'amount', '$ for 1,000 builds'],
        lines.map(({ what, amount, each }) => [what, amount.toFixed(2), (amount * each * 1000).toFixed(4)]),
      ),
    };
  });
}

/** What CodeBuild takes for 1,000 builds of a minute. */
function machines() {
  return (['lambda-4gb', 'small'] as const).map((type) => ({
    what: `beside it: CodeBuild, 1,000 builds of a minute on ${type}, arm64`,
    unit: '$',
    samples: [COMPUTE_TYPES[type].sizes.arm64.pricePerMinute * 1000],
  }));
}

async function pricedLines(installation: Installation, began: number): Promise<Line[]> {
  const calls = await installation.calls();
  const units = await installation.capacity();
  const count = (matches: (call: CallCount) => boolean) =>
    calls.filter(matches).reduce((sum, call) => sum + call.count, 0) / BUILDS;
  const action = (...names: string[]) => count((call) => names.includes(call.action));
  const sum = (of: (use: (typeof units)[number]) => number) =>
    units.reduce((total, use) => total + of(use), 0) / BUILDS;
  const invoked = (call: CallCount) => call.action === 'lambda:InvokeFunction';
  return [
    {
      what: 'API Gateway: requests',
      amount: count((call) => invoked(call) && /apigateway/.test(call.principal)),
      each: PRICES.apiRequest,
    },
    { what: 'Lambda: requests', amount: count(invoked), each: PRICES.lambdaRequest },
    {
      what: 'Lambda: GB-seconds, as long as here',
      amount: await gigabyteSeconds(installation, calls.filter(invoked), began),
      each: PRICES.lambdaGbSecond,
    },
    { what: 'DynamoDB: write units', amount: sum((use) => use.writeUnits), each: PRICES.writeUnit },
    { what: 'DynamoDB: read units', amount: sum((use) => use.readUnits), each: PRICES.readUnit },
    {
      what: 'Step Functions: transitions',
      amount: await transitions(installation, began),
      each: PRICES.stateTransition,
    },
    { what: 'EventBridge: events', amount: action('events:PutEvents'), each: PRICES.event },
    { what: 'S3: PUT', amount: action('s3:PutObject', 's3:ListBucket'), each: PRICES.s3Write },
    { what: 'S3: GET, HEAD', amount: action('s3:GetObject', 's3:GetObjectVersion'), each: PRICES.s3Read },
    {
      what: 'CloudWatch Logs: MB',
      amount: (await loggedBytes(installation, began)) / 1e6,
      each: PRICES.logGigabyte / 1e3,
    },
    {
      what: 'Secrets Manager: reads',
      amount: action('secretsmanager:GetSecretValue'),
      each: PRICES.secretRead,
    },
    { what: 'X-Ray: traces, if each execution is recorded', amount: 1, each: PRICES.trace },
  ];
}

const clientOptions = ({ endpoint, region, operator }: Installation) => ({
  endpoint,
  region,
  credentials: operator,
});

/** Median of the billed durations of each function, times its memory, times how often it was invoked. */
async function gigabyteSeconds(
  installation: Installation,
  invoked: readonly CallCount[],
  began: number,
): Promise<number> {
  const lambda = new LambdaClient(clientOptions(installation));
  let total = 0;
  for (const name of new Set(invoked.map(({ resource }) => resource.split(':')[6] ?? ''))) {
    const { LoggingConfig, MemorySize = 0 } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: name }),
    );
    const durations: number[] = [];
    for await (const { message } of logged(
      installation,
      LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
      began,
    )) {
      const billed = /^REPORT .*Billed Duration: (\d+) ms/.exec(message)?.[1];
      if (billed !== undefined) durations.push(Number(billed));
    }
    const times = invoked
      .filter(({ resource }) => resource.split(':')[6] === name)
      .reduce((sum, { count }) => sum + count, 0);
    if (durations.length > 0) total += ((median(durations) / 1000) * (MemorySize / 1024) * times) / BUILDS;
  }
  lambda.destroy();
  return total;
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
  return entered / BUILDS;
}

async function loggedBytes(installation: Installation, began: number): Promise<number> {
  const client = new CloudWatchLogsClient(clientOptions(installation));
  let bytes = 0;
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, {}))
    for (const { logGroupName = '' } of logGroups)
      for await (const { message } of logged(installation, logGroupName, began))
        bytes += Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
  client.destroy();
  return bytes / BUILDS;
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
