import { afterEach, describe, expect, it } from 'vitest';
import { AwsError } from '../../src/service.ts';
import { begin, describeExecution, eventTypes, finish, settle, type TestCloud, testCloud } from './cloud.ts';

let test: TestCloud;
afterEach(() => test.close());

function one(integration: string, Arguments: Record<string, unknown>, fields: Record<string, unknown> = {}) {
  const Only = { Type: 'Task', Resource: `arn:aws:states:::${integration}`, Arguments, End: true, ...fields };
  return { StartAt: 'Only', States: { Only } };
}

/** A CodeBuild whose builds end when the test says so. */
function codebuild() {
  const builds = new Map<string, { id: string; buildStatus: string; startTime: number }>();
  const stopped: unknown[] = [];
  const neighbours = {
    'codebuild:StartBuild': (input: Record<string, unknown>) => {
      const build = { id: `app:${builds.size + 1}`, buildStatus: 'IN_PROGRESS', startTime: 12.5, got: input };
      builds.set(build.id, build);
      return { build };
    },
    'codebuild:BatchGetBuilds': ({ ids }: Record<string, unknown>) => ({
      builds: (ids as string[]).map((id) => builds.get(id)),
    }),
    'codebuild:StopBuild': (input: Record<string, unknown>) => {
      stopped.push(input);
      return {};
    },
  };
  const end = (id: string, buildStatus: string) => {
    const build = builds.get(id);
    if (build !== undefined) build.buildStatus = buildStatus;
  };
  return { neighbours, builds, stopped, end };
}

const START = { ProjectName: 'app', EnvironmentVariablesOverride: [{ Name: 'JOB', Value: 'j1' }] };

describe('codebuild:startBuild.sync', () => {
  it('waits for the build and gives it in PascalCase', async () => {
    const { neighbours, end } = codebuild();
    test = testCloud(neighbours);
    const executionArn = await begin(test, one('codebuild:startBuild.sync', START));
    await settle();

    const before = await describeExecution(test, executionArn);
    end('app:1', 'SUCCEEDED');
    const ended = await finish(test, executionArn);

    expect(before.status).toBe('RUNNING');
    expect(ended.output).toMatchObject({
      Build: { Id: 'app:1', BuildStatus: 'SUCCEEDED', StartTime: 12500 },
    });
    expect(test.calls[0]?.input).toMatchObject({
      projectName: 'app',
      environmentVariablesOverride: [{ name: 'JOB', value: 'j1' }],
    });
    expect(await eventTypes(test, executionArn)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('ends as soon as CodeBuild tells the end, without asking in between', async () => {
    const { neighbours, end } = codebuild();
    let tell = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    test = testCloud({ ...neighbours, 'codebuild:whenBuildEnds': () => told });
    const executionArn = await begin(test, one('codebuild:startBuild.sync', START));
    await settle();

    end('app:1', 'SUCCEEDED');
    tell();
    await settle();

    expect(await describeExecution(test, executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(test.calls.filter(({ action }) => action === 'BatchGetBuilds')).toHaveLength(2);
    expect(test.clock.next).toBeUndefined();
  });

  it('fails with States.TaskFailed and the build as the cause', async () => {
    const { neighbours, end } = codebuild();
    test = testCloud(neighbours);
    const executionArn = await begin(test, one('codebuild:startBuild.sync', START));
    await settle();

    end('app:1', 'FAILED');
    const ended = await finish(test, executionArn);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    expect(JSON.parse(ended.cause ?? '')).toMatchObject({ Build: { Id: 'app:1', BuildStatus: 'FAILED' } });
  });

  it('stops the build when the execution is stopped', async () => {
    const { neighbours, stopped } = codebuild();
    test = testCloud(neighbours);
    const executionArn = await begin(test, one('codebuild:startBuild.sync', START));
    await settle();

    await test.act('StopExecution', { executionArn });
    await settle();

    expect(stopped).toEqual([{ id: 'app:1' }]);
    expect(test.calls.at(-1)?.principal).toMatchObject({ kind: 'role' });
  });

  it('stops the build after a restart, if the cloud ended before CodeBuild had answered', async () => {
    const { neighbours } = codebuild();
    test = testCloud({ ...neighbours, 'codebuild:StopBuild': () => new Promise(() => {}) });
    const executionArn = await begin(test, one('codebuild:startBuild.sync', START));
    await settle();
    await test.act('StopExecution', { executionArn });
    await settle();

    test.restart();
    await settle();

    const stops = test.calls.filter(({ action }) => action === 'StopBuild');
    expect(stops.map(({ input }) => input)).toEqual([{ id: 'app:1' }, { id: 'app:1' }]);
  });

  it.each([
    ['the task', one('codebuild:startBuild.sync', START, { TimeoutSeconds: 4 }), 'FAILED'],
    ['the machine', { ...one('codebuild:startBuild.sync', START), TimeoutSeconds: 4 }, 'TIMED_OUT'],
  ])('stops the build when %s times out', async (_what, machine, status) => {
    const { neighbours, stopped } = codebuild();
    test = testCloud(neighbours);

    const ended = await finish(test, await begin(test, machine));
    await settle();

    expect(ended).toMatchObject({ status, error: 'States.Timeout' });
    expect(stopped).toEqual([{ id: 'app:1' }]);
  });

  it('stops a build whose start was answered after the execution was stopped', async () => {
    const { neighbours, stopped } = codebuild();
    let answer = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    test = testCloud({
      ...neighbours,
      'codebuild:StartBuild': async (input) => {
        await gate;
        return neighbours['codebuild:StartBuild'](input);
      },
    });
    const executionArn = await begin(test, one('codebuild:startBuild.sync', START));
    await settle();

    await test.act('StopExecution', { executionArn });
    answer();
    await settle();

    expect(stopped).toEqual([{ id: 'app:1' }]);
  });
});

describe('other integrations', () => {
  it('aws-sdk calls the action with PascalCase members, also of services with camelCase ones', async () => {
    test = testCloud({ 'logs:CreateLogStream': () => ({ logStreamArn: 'x' }) });

    const Arguments = { LogGroupName: 'g', LogStreamName: 's' };
    const ended = await finish(
      test,
      await begin(test, one('aws-sdk:cloudwatchlogs:createLogStream', Arguments)),
    );

    expect(ended.output).toEqual({ LogStreamArn: 'x' });
    expect(test.calls[0]?.input).toEqual({ logGroupName: 'g', logStreamName: 's' });
  });

  it('dynamodb:getItem hands attribute values through', async () => {
    test = testCloud({ 'dynamodb:GetItem': () => ({ Item: { pk: { S: 'a' } } }) });

    const Arguments = { TableName: 't', Key: { pk: { S: 'a' } } };
    const ended = await finish(test, await begin(test, one('dynamodb:getItem', Arguments)));

    expect(ended.output).toEqual({ Item: { pk: { S: 'a' } } });
    expect(test.calls[0]?.input).toEqual(Arguments);
  });

  it('events:putEvents takes a Detail of JSON, and adds execution and machine to the resources', async () => {
    test = testCloud({ 'events:PutEvents': () => ({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] }) });

    const Arguments = { Entries: [{ Source: 's', DetailType: 'd', Detail: { a: '{% 1 %}' } }] };
    const executionArn = await begin(test, one('events:putEvents', Arguments));
    const ended = await finish(test, executionArn);

    expect(ended.status).toBe('SUCCEEDED');
    const put = test.calls.find(({ action }) => action === 'PutEvents');
    expect(put?.input.Entries).toMatchObject([
      { Detail: '{"a":1}', Resources: [executionArn, expect.anything()] },
    ]);
  });

  it('events:putEvents fails with EventBridge.FailedEntry when an entry was refused', async () => {
    test = testCloud({ 'events:PutEvents': () => ({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'X' }] }) });

    const ended = await finish(test, await begin(test, one('events:putEvents', { Entries: [{}] })));

    expect(ended).toMatchObject({ status: 'FAILED', error: 'EventBridge.FailedEntry' });
  });

  it('an error of a neighbour that is none of AWS fails as SdkClientException', async () => {
    test = testCloud({ 'dynamodb:GetItem': () => Promise.reject(new Error('socket closed')) });

    const ended = await finish(test, await begin(test, one('dynamodb:getItem', {})));

    expect(ended).toMatchObject({ error: 'DynamoDB.SdkClientException', cause: 'socket closed' });
  });
});

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

describe('status events', () => {
  it('tell of start and end, in order, as the service', async () => {
    test = testCloud({ 'events:PutServiceEvents': () => ({}) });

    const executionArn = await begin(
      test,
      { StartAt: 'A', States: { A: { Type: 'Fail', Error: 'E', Cause: 'c' } } },
      7,
    );
    await finish(test, executionArn);
    await settle();

    const details = test.calls.map(({ input }) =>
      JSON.parse((input.Entries as { Detail: string }[])[0]?.Detail ?? ''),
    );
    expect(details).toMatchObject([
      {
        executionArn,
        status: 'RUNNING',
        input: '7',
        stopDate: null,
        output: null,
        inputDetails: { included: true },
      },
      {
        executionArn,
        status: 'FAILED',
        error: 'E',
        cause: 'c',
        stopDate: test.clock.now(),
        outputDetails: null,
      },
    ]);
    expect(test.calls[0]?.principal).toEqual({ kind: 'service', arn: 'states.amazonaws.com' });
  });

  it('that are refused do not disturb the execution', async () => {
    test = testCloud({
      'events:PutServiceEvents': () => Promise.reject(new AwsError('InternalException', '')),
    });

    const ended = await finish(test, await begin(test, { StartAt: 'A', States: { A: { Type: 'Succeed' } } }));

    expect(ended.status).toBe('SUCCEEDED');
  });
});
