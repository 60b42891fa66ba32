import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { answer, Host, type Input } from './host-process.ts';

let host: Host;

beforeEach(async () => {
  host = new Host();
  await host.start();
});

afterEach(() => host.close());

async function begin(definition: Input): Promise<string> {
  const { stateMachineArn } = await host.act('CreateStateMachine', {
    name: 'm',
    roleArn: 'arn:aws:iam::123456789012:role/workflow',
    definition: JSON.stringify({ QueryLanguage: 'JSONata', ...definition }),
  });
  return String((await host.act('StartExecution', { stateMachineArn })).executionArn);
}

const describeExecution = (executionArn: string) => host.act('DescribeExecution', { executionArn });

async function ended(executionArn: string): Promise<Input> {
  await eventually(async () => expect((await describeExecution(executionArn)).status).not.toBe('RUNNING'));
  return describeExecution(executionArn);
}

/** Until the answers of so many submitting calls are on record: a call that was only made is made again. */
async function submitted(executionArn: string, tasks: number): Promise<void> {
  await eventually(async () => {
    const { events } = await host.act('GetExecutionHistory', { executionArn });
    const types = (events as { type: string }[]).map(({ type }) => type);
    expect(types.filter((type) => type === 'TaskSubmitted')).toHaveLength(tasks);
  });
}

const invoke = (FunctionName: string, fields: Input = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName, Payload: { id: '{% $uuid() %}' } },
  Output: '{% $states.result.Payload %}',
  End: true,
  ...fields,
});

describe('an execution whose cloud is killed', () => {
  it('goes on in every branch from where it was, and does nothing twice that had been answered', async () => {
    let token = '';
    let answered = '';
    let open = false;
    host.neighbours = {
      Invoke: ({ FunctionName, Payload }) => {
        if (FunctionName === 'gate' && !open) return new Promise(() => {});
        if (FunctionName === 'token') token = JSON.parse(String(Payload)).token;
        if (FunctionName === 'answered') answered = JSON.parse(String(Payload)).token;
        return answer(FunctionName);
      },
      StartBuild: () => ({ build: { id: 'app:1', buildStatus: 'IN_PROGRESS' } }),
      BatchGetBuilds: () => ({ builds: [{ id: 'app:1', buildStatus: open ? 'SUCCEEDED' : 'IN_PROGRESS' }] }),
    };
    const branch = (name: string, state: Input) => ({ StartAt: name, States: { [name]: state } });
    const withToken = (name: string) => ({
      ...invoke(name, { Output: '{% $states.result %}' }),
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: name, Payload: { token: '{% $states.context.Task.Token %}' } },
    });
    const executionArn = await begin({
      StartAt: 'Once',
      States: {
        Once: invoke('once', { Assign: { kept: 'variable' }, End: undefined, Next: 'All' }),
        All: {
          Type: 'Parallel',
          End: true,
          Branches: [
            branch('Gate', invoke('gate')),
            branch('Build', {
              Type: 'Task',
              Resource: 'arn:aws:states:::codebuild:startBuild.sync',
              Arguments: { ProjectName: 'app' },
              Output: '{% $states.result.Build.Id & " " & $kept %}',
              End: true,
            }),
            branch('Token', withToken('token')),
            branch('Answered', withToken('answered')),
            {
              StartAt: 'Items',
              States: {
                Items: {
                  Type: 'Map',
                  Items: ['done', 'gate'],
                  ItemProcessor: branch('Item', {
                    ...invoke('x'),
                    Arguments: { FunctionName: '{% $states.input %}', Payload: 1 },
                  }),
                  End: true,
                },
              },
            },
            branch('Wait', { Type: 'Wait', Seconds: 2, Output: 'waited', End: true }),
          ],
        },
      },
    });
    await eventually(() => {
      expect(host.count('Invoke', '"gate"')).toBe(2);
      expect(host.count('Invoke', '"done"')).toBe(1);
      expect(host.count('BatchGetBuilds')).toBeGreaterThan(0);
      expect([token, answered]).not.toContain('');
    });
    await submitted(executionArn, 3);
    await host.act('SendTaskSuccess', { taskToken: answered, output: '"acknowledged"' });

    await host.kill();
    open = true;
    await host.start();
    await host.act('SendTaskSuccess', { taskToken: token, output: '"came back"' });
    const execution = await ended(executionArn);

    expect(execution.status).toBe('SUCCEEDED');
    const expected = ['gate', 'app:1 variable', 'came back', 'acknowledged', ['done', 'gate'], 'waited'];
    expect(JSON.parse(String(execution.output))).toEqual(expected);
    expect(host.count('StartBuild')).toBe(1);
    expect(host.count('Invoke', '"once"')).toBe(1);
    expect(host.count('Invoke', '"token"')).toBe(1);
    expect(host.count('Invoke', '"done"')).toBeLessThanOrEqual(2);
  });

  it('sends a task that was in flight again with the same arguments', async () => {
    let answers = false;
    host.neighbours = { Invoke: () => (answers ? answer('ok') : new Promise(() => {})) };
    const executionArn = await begin({ StartAt: 'A', States: { A: invoke('f') } });
    await eventually(() => expect(host.count('Invoke')).toBe(1));

    await host.kill();
    answers = true;
    await host.start();
    const { status } = await ended(executionArn);

    expect(status).toBe('SUCCEEDED');
    const [first, second] = host.calls.filter(({ action }) => action === 'Invoke');
    expect(second?.input).toEqual(first?.input);
  });

  it('keeps counting retries', async () => {
    host.neighbours = {
      Invoke: () => ({ StatusCode: 200, FunctionError: 'Unhandled', Payload: '{"errorType":"Bad"}' }),
    };
    const Retry = [{ ErrorEquals: ['Bad'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 2 }];
    const executionArn = await begin({ StartAt: 'A', States: { A: invoke('f', { Retry }) } });
    await eventually(() => expect(host.count('Invoke')).toBe(2));

    await host.kill();
    await host.start();
    const execution = await ended(executionArn);

    expect(execution).toMatchObject({ status: 'FAILED', error: 'Bad' });
    // The last attempt may have been in flight at the kill, then it is made twice.
    expect([3, 4]).toContain(host.count('Invoke'));
  });

  it('tells its end once at least, with a history that has no gap', async () => {
    host.neighbours = { Invoke: () => answer(1) };
    const States = {
      A: { Type: 'Wait', Seconds: 1, Next: 'B' },
      B: invoke('f'),
    };
    const executionArn = await begin({ StartAt: 'A', States });

    await host.kill();
    await host.start();
    await ended(executionArn);

    const { events } = (await host.act('GetExecutionHistory', { executionArn })) as {
      events: { id: number }[];
    };
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, index) => index + 1));
    await eventually(() => expect(host.count('PutServiceEvents', 'SUCCEEDED')).toBeGreaterThanOrEqual(1));
  });
});
