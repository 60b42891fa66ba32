import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { begin, finish, lambda, settle, type TestCloud, testCloud } from './cloud.ts';
import { create, LONG, PASS } from './machines.ts';

let test: TestCloud;

beforeEach(() => {
  test = testCloud(lambda({ endless: () => new Promise(() => {}) }));
});

afterEach(() => test.close());

describe('StartExecution', () => {
  it('with the same name and input answers the running execution', async () => {
    const stateMachineArn = await create(test, 'm', LONG);

    const first = await test.act('StartExecution', { stateMachineArn, name: 'run_1', input: '{"a":1}' });
    test.clock.moveTo(test.clock.now() + 500);
    const second = await test.act('StartExecution', { stateMachineArn, name: 'run_1', input: '{"a":1}' });

    expect(second).toEqual(first);
    expect(first.executionArn).toBe('arn:aws:states:eu-central-1:123456789012:execution:m:run_1');
  });

  it('with the same name and another input, or after the end, is refused', async () => {
    const stateMachineArn = await create(test, 'm', LONG);
    const { executionArn } = await test.act('StartExecution', { stateMachineArn, name: 'n', input: '1' });

    const other = test.act('StartExecution', { stateMachineArn, name: 'n', input: '2' });
    await expect(other).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await finish(test, String(executionArn));
    const late = test.act('StartExecution', { stateMachineArn, name: 'n', input: '1' });

    await expect(late).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
  });

  it('may take the name again after 90 days', async () => {
    const stateMachineArn = await create(test, 'm');
    const { executionArn } = await test.act('StartExecution', { stateMachineArn, name: 'n' });
    await finish(test, String(executionArn));

    test.clock.moveTo(test.clock.now() + 91 * 86_400_000);
    test.restart();

    await expect(test.act('StartExecution', { stateMachineArn, name: 'n' })).resolves.toBeDefined();
  });

  it.each([
    ['a name with a space', { name: 'a b' }, 'InvalidName'],
    ['a name of 81 characters', { name: 'x'.repeat(81) }, 'InvalidName'],
    ['input that is no JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['input above 256 KiB', { input: JSON.stringify('x'.repeat(262_144)) }, 'InvalidExecutionInput'],
    ['a number as the input', { input: 5 }, 'ValidationException'],
    [
      'an unknown machine',
      { stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:no' },
      'StateMachineDoesNotExist',
    ],
    ['an ARN of something else', { stateMachineArn: 'arn:aws:s3:::bucket' }, 'InvalidArn'],
  ])('refuses %s', async (_what, input, code) => {
    const stateMachineArn = await create(test, 'm');

    await expect(test.act('StartExecution', { stateMachineArn, ...input })).rejects.toMatchObject({ code });

    const { executions } = await test.act('ListExecutions', { stateMachineArn });
    expect(executions).toEqual([]);
  });
});

describe('ListExecutions', () => {
  it('gives the newest first, by status and in pages', async () => {
    const stateMachineArn = await create(test, 'm', LONG);
    for (const name of ['a', 'b', 'c', 'd']) await test.act('StartExecution', { stateMachineArn, name });
    const executionArn = 'arn:aws:states:eu-central-1:123456789012:execution:m:b';
    await test.act('StopExecution', { executionArn });
    type List = { executions: { name: string }[]; nextToken?: string };

    const query = { stateMachineArn, statusFilter: 'RUNNING', maxResults: 2 };
    const first = await test.act<List>('ListExecutions', query);
    const second = await test.act<List>('ListExecutions', { ...query, nextToken: first.nextToken });
    const stopped = await test.act<List>('ListExecutions', { stateMachineArn, statusFilter: 'ABORTED' });

    expect(first.executions.map(({ name }) => name)).toEqual(['d', 'c']);
    expect(second).toMatchObject({ executions: [{ name: 'a' }] });
    expect(second.nextToken).toBeUndefined();
    expect(stopped.executions).toMatchObject([
      { name: 'b', status: 'ABORTED', stopDate: expect.any(Number) },
    ]);
  });
});

describe('GetExecutionHistory', () => {
  it('gives every event once over its pages, and backwards, with data or without', async () => {
    const executionArn = await begin(test, { StartAt: 'A', States: PASS.States }, { secret: 1 });
    await finish(test, executionArn);
    type History = { events: { id: number; type: string; previousEventId: number }[]; nextToken?: string };

    const first = await test.act<History>('GetExecutionHistory', { executionArn, maxResults: 3 });
    const rest = await test.act<History>('GetExecutionHistory', { executionArn, nextToken: first.nextToken });
    const backwards = await test.act<History>('GetExecutionHistory', { executionArn, reverseOrder: true });
    const bare = await test.act('GetExecutionHistory', { executionArn, includeExecutionData: false });

    const all = [...first.events, ...rest.events];
    expect(all.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
    expect(all.map(({ previousEventId }) => previousEventId)).toEqual([0, 1, 2, 3]);
    expect(backwards.events).toEqual([...all].reverse());
    expect(JSON.stringify(bare)).not.toContain('secret');
  });
});

describe('an Express machine', () => {
  it('runs to its end within StartSyncExecution', async () => {
    const stateMachineArn = await create(test, 'fast', PASS, { type: 'EXPRESS' });

    const result = await test.act('StartSyncExecution', { stateMachineArn, input: '[1]' });

    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: '[1]',
      executionArn: expect.stringContaining(':express:fast:'),
    });
  });

  it('leaves no record', async () => {
    const stateMachineArn = await create(test, 'fast', PASS, { type: 'EXPRESS' });
    const { executionArn } = await test.act('StartExecution', { stateMachineArn });
    await settle();

    const list = test.act('ListExecutions', { stateMachineArn });
    const describing = test.act('DescribeExecution', { executionArn });

    await expect(list).rejects.toMatchObject({ code: 'StateMachineTypeNotSupported' });
    await expect(describing).rejects.toMatchObject({ code: 'InvalidArn' });
  });

  it('is what StartSyncExecution needs', async () => {
    const stateMachineArn = await create(test, 'standard');

    const start = test.act('StartSyncExecution', { stateMachineArn });

    await expect(start).rejects.toMatchObject({ code: 'StateMachineTypeNotSupported' });
  });
});

describe('stop', () => {
  it('leaves no deadline behind, and start goes on with what was running', async () => {
    const executionArn = await begin(test, { StartAt: 'A', States: LONG.States }, 'kept');
    await settle();
    const old = test.clock;
    const due = old.next;

    test.restart();
    await settle();

    expect(old.next).toBeUndefined();
    expect(test.clock.next).toBe(due);
    expect(await finish(test, executionArn)).toMatchObject({ status: 'SUCCEEDED', output: 'kept' });
  });

  it('of a cloud for longer than the machine may take ends the execution at the next start, and calls nothing', async () => {
    const Task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true };
    const A = { ...Task, Arguments: { FunctionName: 'endless' } };
    const executionArn = await begin(test, { TimeoutSeconds: 60, StartAt: 'A', States: { A } });
    await settle();
    const before = test.calls.filter(({ action }) => action === 'Invoke').length;

    test.clock.time += 61_000;
    test.restart();
    const ended = await finish(test, executionArn);

    expect(ended).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect(test.calls.filter(({ action }) => action === 'Invoke')).toHaveLength(before);
  });
});
