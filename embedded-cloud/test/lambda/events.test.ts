import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dynamodb } from '../../src/dynamodb/index.ts';
import { lambda } from '../../src/lambda/index.ts';
import { logs } from '../../src/logs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { inline, type Running, role, run } from '../../test-kit/running.ts';
import { needs } from '../../test-kit/tools.ts';

let running: Running;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lambda-events-'));
});

afterEach(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A function that appends each event to a file, and fails as long as another file is not there. */
function recorder(properties: Record<string, unknown> = {}): unknown {
  const code = `const fs = require('node:fs');
    exports.handler = async (event) => {
      fs.appendFileSync(process.env.FOLDER + '/events', JSON.stringify(event) + '\\n');
      if (event.needs && !fs.existsSync(process.env.FOLDER + '/' + event.needs)) throw new Error('not yet');
      const poison = (event.Records ?? []).find((one) => one.dynamodb.NewImage?.poison);
      if (poison && process.env.REPORT) return { batchItemFailures: [{ itemIdentifier: poison.dynamodb.SequenceNumber }] };
      if (poison) throw new Error('poison');
    };`;
  const { Environment, ...rest } = { Environment: {}, ...properties };
  const Variables = { FOLDER: folder, ...Environment };
  return inline(code, { FunctionName: 'recorder', Environment: { Variables }, ...rest });
}

function seen(): { n?: number; Records?: { dynamodb: { Keys: { pk: { S: string } } } }[] }[] {
  const file = join(folder, 'events');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const send = (event: unknown) =>
  running.client.send(
    new InvokeCommand({ FunctionName: 'recorder', InvocationType: 'Event', Payload: JSON.stringify(event) }),
  );

/** Lines in the function's log group. */
async function linesWith(text: string) {
  const client = new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: running.cloud.endpoint,
    credentials: running.cloud.operator,
  });
  const input = { logGroupName: '/aws/lambda/recorder', filterPattern: `"${text}"` };
  const found = await client.send(new FilterLogEventsCommand(input));
  client.destroy();
  return found.events ?? [];
}

describe('an asynchronous invocation', () => {
  test('is accepted at once and handled soon', async () => {
    running = await run({ Role: role(), Recorder: recorder() });

    const accepted = await send({ n: 1 });

    expect(accepted.StatusCode).toBe(202);
    await eventually(() => expect(seen()).toEqual([{ n: 1 }]));
  });

  test('that fails is tried again after one and after two minutes, even across a restart, and then no more', async () => {
    let ahead = 0;
    running = await run({ Role: role(), Recorder: recorder() }, { now: () => Date.now() + ahead });
    // An attempt is over when the platform has reported it: the handler's own line comes before that.
    const attempts = async () => (await linesWith('REPORT')).length;

    await send({ needs: 'never' });
    await eventually(async () => expect(await attempts()).toBe(1));
    ahead += 61_000;
    running = await running.restart();
    await eventually(async () => expect(await attempts()).toBe(2));
    ahead += 121_000;
    running = await running.restart();
    await eventually(async () => expect(await attempts()).toBe(3));

    await eventually(() => expect(running.log.join('\n')).toContain('every attempt failed'));
  });

  test('that the system keeps from its function comes again, without a retry of the function', async () => {
    const Config = {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: { FunctionName: { Ref: 'Recorder' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
    };
    running = await run({ Role: role(), Recorder: recorder(), Config });
    const code = join(running.cloud.cloud.stateDir('lambda'), 'code');
    renameSync(code, `${code}-away`);
    await send({ n: 1 });
    await eventually(() =>
      expect(running.log.join('\n')).toMatch(/for recorder is tried again: .*SpawnFailed/),
    );

    renameSync(`${code}-away`, code);

    await eventually(() => expect(seen()).toEqual([{ n: 1 }]));
    expect(running.log.join('\n')).not.toContain('every attempt failed');
  });
});

test('log lines of a function are in its log group, under its role', async () => {
  running = await run({
    Role: role(),
    Talks: inline(
      'exports.handler = async () => { console.log("one\\ntwo", { a: 1 }); console.error("three"); };',
      { FunctionName: 'talks' },
    ),
  });
  const client = new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: running.cloud.endpoint,
    credentials: running.cloud.operator,
  });

  const { $metadata } = await running.client.send(new InvokeCommand({ FunctionName: 'talks' }));

  await eventually(async () => {
    const { events } = await client.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/talks' }));
    const messages = events?.map(({ message }) => message?.trimEnd()) ?? [];
    expect(messages).toEqual([
      expect.stringMatching(/^INIT_START/),
      `START RequestId: ${$metadata.requestId} Version: $LATEST`,
      expect.stringMatching(new RegExp(`^\\S+Z\t${$metadata.requestId}\tINFO\tone\ntwo \\{ a: 1 \\}$`)),
      expect.stringMatching(/\tERROR\tthree$/),
      `END RequestId: ${$metadata.requestId}`,
      expect.stringMatching(/^REPORT .*Init Duration/),
    ]);
  });
  client.destroy();
});

test('a role that may not write logs has none, and the operator is told', async () => {
  running = await run({
    Role: role([]),
    Talks: inline('exports.handler = async () => console.log("unheard");', { FunctionName: 'talks' }),
  });

  await running.client.send(new InvokeCommand({ FunctionName: 'talks' }));

  await eventually(() => expect(running.log.join('\n')).toMatch(/no logs in \/aws\/lambda\/talks: .*logs:/));
});

describe('a DynamoDB stream', () => {
  const Table = {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'ledger',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    },
  };
  const mapping = (more: Record<string, unknown> = {}) => ({
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
      FunctionName: { Ref: 'Recorder' },
      StartingPosition: 'TRIM_HORIZON',
      ...more,
    },
  });
  const services = [logs, (cloud: Parameters<typeof dynamodb>[0]) => dynamodb(cloud), lambda];
  const begin = (more?: Record<string, unknown>, variables: Record<string, string> = {}) =>
    run(
      {
        Role: role(['logs:*', 'dynamodb:*']),
        Table,
        Recorder: recorder({ Environment: variables }),
        Mapping: mapping(more),
      },
      { services },
    );

  async function put(pk: string, more: Record<string, { S: string }> = {}): Promise<void> {
    const client = new DynamoDBClient({
      region: 'us-east-1',
      endpoint: running.cloud.endpoint,
      credentials: running.cloud.operator,
    });
    await client.send(new PutItemCommand({ TableName: 'ledger', Item: { pk: { S: pk }, ...more } }));
    client.destroy();
  }

  const keys = () => seen().map(({ Records }) => Records?.map(({ dynamodb: { Keys } }) => Keys.pk.S));

  test("gives its records to the function in Lambda's shape, once, also across a restart", async () => {
    running = await begin();

    await put('a', { text: { S: 'x' } });
    await eventually(() => expect(keys().flat()).toEqual(['a']));
    running = await running.restart();
    await put('b');
    await eventually(() => expect(keys().flat()).toEqual(['a', 'b']));

    expect(seen()[0]?.Records?.[0]).toMatchObject({
      eventID: expect.any(String),
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      eventSourceARN: expect.stringMatching(/:table\/ledger\/stream\//),
      dynamodb: {
        Keys: { pk: { S: 'a' } },
        NewImage: { pk: { S: 'a' }, text: { S: 'x' } },
        StreamViewType: 'NEW_AND_OLD_IMAGES',
        SequenceNumber: expect.any(String),
        SizeBytes: expect.any(Number),
      },
    });
  });

  test('is filtered before the function sees it', async () => {
    const Pattern = JSON.stringify({
      eventName: ['INSERT'],
      dynamodb: { NewImage: { kind: { S: [{ prefix: 'or' }] } } },
    });
    running = await begin({ FilterCriteria: { Filters: [{ Pattern }] } });

    await put('a', { kind: { S: 'user' } });
    await put('b', { kind: { S: 'order' } });

    await eventually(() => expect(keys().flat()).toEqual(['b']));
  });

  test('is bisected around a record that always fails, which is given up after its retries', async () => {
    running = await begin({
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 2,
      MaximumBatchingWindowInSeconds: 1,
    });

    await Promise.all([put('a'), put('b', { poison: { S: '!' } }), put('c')]);

    await eventually(() => expect(running.log.join('\n')).toContain('gave up 1 stream record(s)'));
    await eventually(() =>
      expect(keys().filter((batch) => batch?.includes('c') && !batch.includes('b')).length).toBeGreaterThan(
        0,
      ),
    );
    expect(keys().some((batch) => batch?.includes('a') && !batch.includes('b'))).toBe(true);
  });

  test('goes on after the last record that a partial answer does not name', async () => {
    running = await begin(
      {
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 1,
        MaximumBatchingWindowInSeconds: 1,
      },
      { REPORT: 'yes' },
    );

    await put('a');
    await put('b', { poison: { S: '!' } });

    await eventually(() => expect(running.log.join('\n')).toContain('gave up 1 stream record(s)'));
    expect(keys().at(-1)).toEqual(['b']);
  });
});

test('children of a cloud that was killed die with it, even in an endless loop', needs('/proc'), async () => {
  running = await run({ Role: role() });
  writeFileSync(join(folder, 'index.js'), 'require("node:fs").writeFileSync("looping", ""); for (;;);');
  const module = new URL('../../src/lambda/runtime/launch.ts', import.meta.url).href;
  const settings = {
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    memorySize: 128,
    environment: {},
    logging: {},
  };
  const launch = { settings, code: { folder }, credentials: {} };
  const program = `import { startChild } from ${JSON.stringify(module)};
    console.log(startChild(${JSON.stringify(launch)}, '127.0.0.1:9/00', 's').pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program]);
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (text) => resolve(Number(text))),
  );
  await eventually(() => expect(existsSync(join(folder, 'looping'))).toBe(true));

  parent.kill('SIGKILL');

  await eventually(() => expect(isRunning(pid)).toBe(false));
});

/** A process that has ended may stay in the table until its new parent takes notice. */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}
