import { afterEach, describe, expect, it } from 'vitest';
import { begin, describeExecution, finish, settle, type TestCloud, testCloud } from './cloud.ts';
import { one } from './one-task.ts';

let test: TestCloud;

afterEach(() => test.close());

describe('states:startExecution', () => {
  async function childMachine(state: Record<string, unknown>): Promise<string> {
    const { stateMachineArn } = await test.act('CreateStateMachine', {
      name: 'child',
      roleArn: 'arn:aws:iam::123456789012:role/child',
      definition: JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Child', States: { Child: state } }),
    });
    return String(stateMachineArn);
  }

  it('.sync:2 waits for the execution and gives its output as JSON', async () => {
    test = testCloud();
    const StateMachineArn = await childMachine({
      Type: 'Pass',
      Output: { n: '{% $states.input.n + 1 %}' },
      End: true,
    });

    const machine = one('states:startExecution.sync:2', { StateMachineArn, Input: { n: 1 } });
    const ended = await finish(test, await begin(test, machine));

    expect(ended.output).toMatchObject({ Status: 'SUCCEEDED', Output: { n: 2 }, StateMachineArn });
  });

  it('.sync:2 fails with States.TaskFailed when the execution does', async () => {
    test = testCloud();
    const StateMachineArn = await childMachine({ Type: 'Fail', Error: 'Inner' });

    const ended = await finish(
      test,
      await begin(test, one('states:startExecution.sync:2', { StateMachineArn })),
    );

    expect(ended.error).toBe('States.TaskFailed');
    expect(JSON.parse(ended.cause ?? '')).toMatchObject({ Status: 'FAILED', Error: 'Inner' });
  });

  it('.sync:2 stops the execution with its own', async () => {
    test = testCloud();
    const StateMachineArn = await childMachine({ Type: 'Wait', Seconds: 1000, End: true });
    const executionArn = await begin(
      test,
      one('states:startExecution.sync:2', { StateMachineArn, Name: 'inner' }),
    );
    await settle();

    await test.act('StopExecution', { executionArn });
    await settle();

    const inner = StateMachineArn.replace(':stateMachine:', ':execution:');
    expect(await describeExecution(test, `${inner}:inner`)).toMatchObject({ status: 'ABORTED' });
  });
});
