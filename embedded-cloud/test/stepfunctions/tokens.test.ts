import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  begin,
  describeExecution,
  eventTypes,
  finish,
  lambda,
  settle,
  type TestCloud,
  testCloud,
} from './cloud.ts';

let test: TestCloud;
let token = '';
afterEach(() => test.close());

/** A machine that hands its token to a function and waits; the function may answer at once. */
async function waiting(
  fields: Record<string, unknown> = {},
  worker: () => unknown = () => null,
): Promise<string> {
  test = testCloud(
    lambda({
      worker: (payload) => {
        token = String((payload as { token: string }).token);
        return worker();
      },
    }),
  );
  const Only = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: 'worker', Payload: { token: '{% $states.context.Task.Token %}' } },
    End: true,
    ...fields,
  };
  const executionArn = await begin(test, {
    StartAt: 'Only',
    States: { Only, ...('Catch' in fields ? { Caught: { Type: 'Succeed' } } : {}) },
  });
  await settle();
  return executionArn;
}
const CAUGHT = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] };

describe('a task with a token', () => {
  it('ends with the output of SendTaskSuccess', async () => {
    const executionArn = await waiting(CAUGHT);
    const before = await describeExecution(test, executionArn);

    await test.act('SendTaskSuccess', { taskToken: token, output: '{"digest":"sha256:1"}' });
    const ended = await finish(test, executionArn);

    expect(before.status).toBe('RUNNING');
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { digest: 'sha256:1' } });
    expect(await eventTypes(test, executionArn)).toEqual(
      expect.arrayContaining(['TaskSubmitted', 'TaskSucceeded']),
    );
  });

  it('has its outcome on disk before SendTaskSuccess is answered', async () => {
    const executionArn = await waiting(CAUGHT);
    const copy = mkdtempSync(join(tmpdir(), 'stepfunctions-'));

    const answered = test.act('SendTaskSuccess', { taskToken: token, output: '"kept"' });
    cpSync(test.folder, copy, { recursive: true }); // as a crash at this moment leaves it
    await answered;
    const resumed = testCloud(lambda({}), copy);
    const ended = await finish(resumed, executionArn);

    expect(ended.output).toBe('kept');
    resumed.close();
    rmSync(copy, { recursive: true });
  });

  it('leaves no deadline behind when it ends in time', async () => {
    const executionArn = await waiting({ TimeoutSeconds: 60, HeartbeatSeconds: 10, ...CAUGHT });

    await test.act('SendTaskSuccess', { taskToken: token, output: '1' });
    await settle();

    expect(await describeExecution(test, executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(test.clock.next).toBeUndefined();
  });

  it('fails with the error of SendTaskFailure', async () => {
    const executionArn = await waiting(CAUGHT);

    await test.act('SendTaskFailure', { taskToken: token, error: 'BuildBroke', cause: 'exit 2' });
    const ended = await finish(test, executionArn);

    expect(ended.output).toEqual({ Error: 'BuildBroke', Cause: 'exit 2' });
  });

  it('may be answered before the call that hands the token out returns', async () => {
    const executionArn = await waiting(CAUGHT, () =>
      test.act('SendTaskSuccess', { taskToken: token, output: '1' }),
    );

    const ended = await finish(test, executionArn);

    expect(ended.output).toBe(1);
  });

  it('fails at once when the call that hands the token out fails', async () => {
    const executionArn = await waiting(CAUGHT, () => {
      throw Object.assign(new Error('no'), { name: 'Refused' });
    });

    const ended = await finish(test, executionArn);

    expect(ended.output).toMatchObject({ Error: 'Refused' });
  });

  it('takes one outcome only', async () => {
    const executionArn = await waiting(CAUGHT);
    await test.act('SendTaskSuccess', { taskToken: token, output: '1' });

    const second = test.act('SendTaskFailure', { taskToken: token, error: 'Late' });

    await expect(second).rejects.toMatchObject({ code: 'TaskTimedOut' });
    expect((await finish(test, executionArn)).output).toBe(1);
  });

  it('times out when the token does not come back', async () => {
    const executionArn = await waiting({ TimeoutSeconds: 60, ...CAUGHT });
    const begun = test.clock.now();

    const ended = await finish(test, executionArn);

    expect(ended.output).toMatchObject({ Error: 'States.Timeout' });
    expect(test.clock.now() - begun).toBe(60_000);
    await expect(test.act('SendTaskSuccess', { taskToken: token, output: '1' })).rejects.toMatchObject({
      code: 'TaskTimedOut',
    });
  });

  it('lives as long as heartbeats come, and ends with States.HeartbeatTimeout when they stop', async () => {
    const executionArn = await waiting({ HeartbeatSeconds: 10, ...CAUGHT });
    const begun = test.clock.now();
    for (const second of [8, 16, 24]) {
      test.clock.moveTo(begun + second * 1000);
      await test.act('SendTaskHeartbeat', { taskToken: token });
    }

    const ended = await finish(test, executionArn);

    expect(ended.output).toMatchObject({ Error: 'States.HeartbeatTimeout' });
    expect(test.clock.now() - begun).toBe(34_000);
  });

  it('is void when the execution was stopped', async () => {
    const executionArn = await waiting();

    await test.act('StopExecution', { executionArn });

    await expect(test.act('SendTaskHeartbeat', { taskToken: token })).rejects.toMatchObject({
      code: 'TaskTimedOut',
    });
  });

  it('has another token at each retry', async () => {
    const tokens = new Set<string>();
    const Retry = [{ ErrorEquals: ['Again'], MaxAttempts: 1 }];
    const executionArn = await waiting({ Retry }, () => tokens.add(token));

    await test.act('SendTaskFailure', { taskToken: token, error: 'Again' });
    await settle();
    test.clock.moveTo(test.clock.now() + 1000);
    await settle();
    await test.act('SendTaskSuccess', { taskToken: token, output: '"second"' });

    expect((await finish(test, executionArn)).output).toBe('second');
    expect(tokens.size).toBe(2);
  });

  it('is acted on with the permission for its machine', async () => {
    await waiting();

    await test.act('SendTaskHeartbeat', { taskToken: token }).catch(() => {});
    await test.act('SendTaskSuccess', { taskToken: token, output: '1' });

    const resource = expect.stringMatching(/:stateMachine:machine-/);
    expect(test.authorized).toContainEqual({ action: 'states:SendTaskSuccess', resource });
  });

  it.each([
    ['no token', { taskToken: 'bm9uZQ==', output: '1' }, 'InvalidToken'],
    ['output that is no JSON', { output: '{' }, 'InvalidOutput'],
    ['output above 256 KiB', { output: JSON.stringify('x'.repeat(262_144)) }, 'InvalidOutput'],
  ])('refuses %s', async (_what, input, code) => {
    await waiting();

    await expect(test.act('SendTaskSuccess', { taskToken: token, ...input })).rejects.toMatchObject({ code });
  });
});
