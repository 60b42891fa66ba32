import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { type Running, role, run } from '../../test-kit/running.ts';
import { Recorder } from './recorder.ts';

let running: Running;
let recorder: Recorder;
beforeEach(() => {
  recorder = new Recorder();
});
afterEach(async () => {
  await running.close();
  recorder[Symbol.dispose]();
});

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
    running = await run({ Role: role(), Recorder: recorder.definition() });

    const accepted = await send({ n: 1 });

    expect(accepted.StatusCode).toBe(202);
    await eventually(() => expect(recorder.seen()).toEqual([{ n: 1 }]));
  });

  test('that fails is tried again after one and after two minutes, even across a restart, and then no more', async () => {
    let ahead = 0;
    running = await run({ Role: role(), Recorder: recorder.definition() }, { now: () => Date.now() + ahead });
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
    running = await run({ Role: role(), Recorder: recorder.definition(), Config });
    const code = join(running.cloud.cloud.stateDir('lambda'), 'code');
    renameSync(code, `${code}-away`);
    await send({ n: 1 });
    await eventually(() =>
      expect(running.log.join('\n')).toMatch(/for recorder is tried again: .*SpawnFailed/),
    );

    renameSync(`${code}-away`, code);

    await eventually(() => expect(recorder.seen()).toEqual([{ n: 1 }]));
    expect(running.log.join('\n')).not.toContain('every attempt failed');
  });
});
