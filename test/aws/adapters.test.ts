/** The adapters with the real SDK, over HTTP, against the embedded cloud. */

import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  SFNClient,
  SFNServiceException,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { cloudWatchFunctionLogs } from '../../lib/aws/function-logs.ts';
import { cloudWatchLogs } from '../../lib/aws/logs.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import type { Blobs } from '../../lib/domain/ports/blobs.ts';
import type { LogStore } from '../../lib/domain/ports/logs.ts';
import { WorkflowBusy, WorkflowRefused, type Workflows } from '../../lib/domain/ports/workflows.ts';
import { blobsContract } from '../domain/ports/blobs.contract.ts';
import { logsContract } from '../domain/ports/logs.contract.ts';
import { workflowsContract } from '../domain/ports/workflows.contract.ts';
import { BUCKET, GROUP, type SmallCloud, startSmallCloud } from './cloud.ts';
import { put } from './put.ts';

let cloud: SmallCloud;

const clients: { destroy(): void }[] = [];

beforeAll(async () => {
  cloud = await startSmallCloud();
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await cloud[Symbol.asyncDispose]();
});

function keep<Client extends { destroy(): void }>(client: Client): Client {
  clients.push(client);
  return client;
}

const s3 = () =>
  keep(new S3Client({ ...cloud.config, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' }));

describe('bytes on S3', () => {
  let blobs: Blobs;
  beforeAll(() => {
    blobs = s3Blobs(BUCKET, s3());
  });
  blobsContract(() => ({
    blobs,
    put,
    async fetch(url) {
      const response = await fetch(url);
      const bytes = Buffer.from(await response.arrayBuffer());
      if (!response.ok) return { status: response.status };
      return { status: response.status, bytes, headers: Object.fromEntries(response.headers) };
    },
    later: cloud.later,
  }));
});

describe('workflows on Step Functions', () => {
  let workflows: Workflows;
  let client: SFNClient;
  let machine: string;
  beforeAll(() => {
    client = keep(new SFNClient(cloud.config));
    machine = cloud.running.outputs.Machine ?? '';
    workflows = stepFunctions(JSON.stringify({ build: machine }), client);
  });
  const find = async (name: string) => {
    const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
    try {
      const found = await client.send(new DescribeExecutionCommand({ executionArn }));
      const status = { RUNNING: 'running', SUCCEEDED: 'ended', ABORTED: 'stopped' }[String(found.status)];
      return { status: status ?? '?', input: JSON.parse(found.input ?? ''), reason: found.cause };
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  };
  workflowsContract(() => ({
    workflows,
    find,
    async end(name) {
      await eventually(async () => expect((await find(name))?.status).toBe('ended'));
    },
  }));

  test('a start that is refused for good is told apart from one of the moment', async () => {
    const gone = stepFunctions(JSON.stringify({ build: `${machine}-gone` }), client);
    const busy = new SFNClient({ ...cloud.config, maxAttempts: 1 });
    const answers = mockClient(busy).on(StartExecutionCommand);
    const start = (ports: Workflows) => ports.start('build', 'run_1', {});
    const answered = (name: string, httpStatusCode: number) => {
      const $metadata = { httpStatusCode };
      answers.rejects(new SFNServiceException({ name, $fault: 'client', $metadata, message: name }));
      return start(stepFunctions(JSON.stringify({ build: machine }), busy));
    };

    await expect(start(gone)).rejects.toThrow(WorkflowRefused);
    await expect(answered('AccessDeniedException', 400)).rejects.toThrow(WorkflowRefused);
    for (const [name, status] of [
      ['ThrottlingException', 400],
      ['ExecutionLimitExceeded', 400],
      ['ExpiredTokenException', 400],
      ['KmsThrottlingException', 400],
      ['InternalFailure', 500],
    ] as const)
      await expect(answered(name, status)).rejects.toThrow(WorkflowBusy);
  });

  test('a workflow that the function was not told of is an error that names it', async () => {
    await expect(workflows.start('deployment', 'dep_1', {})).rejects.toThrow(/'deployment'/);
  });
});

describe('logs on CloudWatch', () => {
  let logs: LogStore;
  let client: CloudWatchLogsClient;
  beforeAll(() => {
    client = keep(new CloudWatchLogsClient(cloud.config));
    logs = cloudWatchLogs(GROUP, client, 100);
  });
  const created = new Set<string>();
  logsContract(() => ({
    logs,
    async append(logStreamName, messages) {
      const place = { logGroupName: GROUP, logStreamName };
      if (!created.has(logStreamName)) await client.send(new CreateLogStreamCommand(place));
      created.add(logStreamName);
      const logEvents = messages.map((message) => ({ timestamp: Date.now(), message }));
      await client.send(new PutLogEventsCommand({ ...place, logEvents }));
    },
  }));

  test.each(['ThrottlingException', 'ServiceUnavailableException'])(
    '%s is told as the limit that it is',
    async (name) => {
      const client = new CloudWatchLogsClient({ ...cloud.config, maxAttempts: 1 });
      client.middlewareStack.add(
        () => () => Promise.reject(Object.assign(new Error('Rate exceeded'), { name })),
        { step: 'deserialize' },
      );

      await expect(cloudWatchLogs(GROUP, client, 4).read('stream', { limit: 10 })).rejects.toMatchObject({
        code: 'at_limit',
      });
    },
  );

  test('an empty page with a new token is not the end: it is read on', async () => {
    // GetLogEvents may answer with empty pages in the middle; the end is where the token stays (docs: GetLogEvents).
    const silent = new CloudWatchLogsClient({ region: 'us-east-1' });
    const answers = mockClient(silent).on(GetLogEventsCommand);
    answers
      .resolvesOnce({ events: [], nextForwardToken: 'f/2' })
      .resolvesOnce({ events: [{ timestamp: 1, message: 'late\n' }], nextForwardToken: 'f/3' });

    const page = await cloudWatchLogs(GROUP, silent, 100).read('stream', { cursor: 'f/1', limit: 10 });

    expect(page).toEqual({ lines: [{ timestamp: 1, message: 'late' }], cursor: 'f/3' });
  });
});

describe('logs of functions on CloudWatch', () => {
  test('are read of the processes of one version that began on one day, page by page', async () => {
    const client = keep(new CloudWatchLogsClient(cloud.config));
    const logGroupName = '/aws/lambda/speaks';
    await client.send(new CreateLogGroupCommand({ logGroupName }));
    const timestamp = Date.now();
    for (const name of ['2026/11/21/[1]a', '2026/11/21/[1]b', '2026/11/21/[11]a', '2026/11/22/[1]c']) {
      await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: name }));
      const logEvents = [{ timestamp, message: `of ${name}\n` }];
      await client.send(new PutLogEventsCommand({ logGroupName, logStreamName: name, logEvents }));
    }
    const logs = cloudWatchFunctionLogs({
      logs: client,
      lambda: keep(new LambdaClient(cloud.config)),
      functionArns: '',
      logReadsPerSecond: 100,
    });

    const page = { from: 0, limit: 1, of: { day: '2026-11-21', version: '1' } };
    const found: string[] = [];
    let token: string | undefined;
    do {
      const read = await logs.read('speaks', { ...page, token });
      found.push(...read.events.map(({ message, version }) => `${version} ${message}`));
      token = read.token;
    } while (token !== undefined);

    expect(found.toSorted()).toEqual(['1 of 2026/11/21/[1]a', '1 of 2026/11/21/[1]b']);
  });
});
