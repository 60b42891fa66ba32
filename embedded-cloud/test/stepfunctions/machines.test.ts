import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finish, lambda, type TestCloud, testCloud } from './cloud.ts';
import { create, LONG, PASS } from './machines.ts';

let test: TestCloud;

beforeEach(() => {
  test = testCloud(lambda({ endless: () => new Promise(() => {}) }));
});

afterEach(() => test.close());

describe('state machines', () => {
  it('are created once; the same request again answers the same', async () => {
    const first = await create(test, 'm');
    const second = await create(test, 'm');

    expect(second).toBe(first);
    expect(first).toBe('arn:aws:states:eu-central-1:123456789012:stateMachine:m');
    await expect(create(test, 'm', LONG)).rejects.toMatchObject({ code: 'StateMachineAlreadyExists' });
    expect(test.authorized[0]).toEqual({ action: 'states:CreateStateMachine', resource: first });
  });

  it('get a new revision by an update, which running executions do not see', async () => {
    const stateMachineArn = await create(test, 'm', {
      ...PASS,
      States: { A: { Type: 'Wait', Seconds: 5, Output: 'old', End: true } },
    });
    const before = await test.act('DescribeStateMachine', { stateMachineArn });
    const { executionArn } = await test.act('StartExecution', { stateMachineArn });

    const definition = JSON.stringify({ ...PASS, States: { A: { Type: 'Pass', Output: 'new', End: true } } });
    const updated = await test.act('UpdateStateMachine', { stateMachineArn, definition });

    const after = await test.act('DescribeStateMachine', { stateMachineArn });
    expect(after).toMatchObject({
      definition,
      revisionId: updated.revisionId,
      status: 'ACTIVE',
      type: 'STANDARD',
    });
    expect(after.revisionId).not.toBe(before.revisionId);
    const used = await test.act('DescribeStateMachineForExecution', { executionArn });
    expect(used.definition).toBe(before.definition);
    expect((await finish(test, String(executionArn))).output).toBe('old');
  });

  it('are listed in pages', async () => {
    const arns = [await create(test, 'a'), await create(test, 'b'), await create(test, 'c')];

    const first = await test.act<{ stateMachines: { name: string }[]; nextToken: string }>(
      'ListStateMachines',
      {
        maxResults: 2,
      },
    );
    const second = await test.act<{ stateMachines: { stateMachineArn: string }[]; nextToken?: string }>(
      'ListStateMachines',
      { maxResults: 2, nextToken: first.nextToken },
    );

    expect(first.stateMachines.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(second.stateMachines.map(({ stateMachineArn }) => stateMachineArn)).toEqual([arns[2]]);
    expect(second.nextToken).toBeUndefined();
  });

  it('are gone after a delete, which may be repeated', async () => {
    const stateMachineArn = await create(test, 'm');

    await test.act('DeleteStateMachine', { stateMachineArn });
    await test.act('DeleteStateMachine', { stateMachineArn });

    const start = test.act('StartExecution', { stateMachineArn });
    await expect(start).rejects.toMatchObject({ code: 'StateMachineDoesNotExist' });
  });
});

describe('permissions', () => {
  it('are asked for with the ARN that the action works on', async () => {
    const stateMachineArn = await create(test, 'm', LONG);
    const { executionArn } = await test.act('StartExecution', { stateMachineArn });
    test.authorized.length = 0;

    await test.act('StartExecution', { stateMachineArn });
    await test.act('DescribeExecution', { executionArn });
    await test.act('GetExecutionHistory', { executionArn });
    await test.act('ListExecutions', { stateMachineArn });
    await test.act('StopExecution', { executionArn });
    await test.act('ListStateMachines', {});

    expect(test.authorized).toEqual([
      { action: 'states:StartExecution', resource: stateMachineArn },
      { action: 'states:DescribeExecution', resource: executionArn },
      { action: 'states:GetExecutionHistory', resource: executionArn },
      { action: 'states:ListExecutions', resource: stateMachineArn },
      { action: 'states:StopExecution', resource: executionArn },
      { action: 'states:ListStateMachines', resource: '*' },
    ]);
  });
});
