import { afterEach, describe, expect, it } from 'vitest';
import { begin, describeExecution, eventTypes, finish, settle, type TestCloud, testCloud } from './cloud.ts';
import { one } from './one-task.ts';

let test: TestCloud;

afterEach(() => test.close());

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
