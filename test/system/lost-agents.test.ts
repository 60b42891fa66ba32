/** An agent that is killed takes nothing with it: its job is tried again, as often as any other loss. */
import { ListStateMachinesCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { newMark, parentOf, processesWith } from 'embedded-cloud/test-kit/processes.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTree, ended, logOf, newSlug, type Started, startBuild } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

/** A build whose command goes on until the test says so by a signal. */
async function begun(mark: string): Promise<Started> {
  const slug = newSlug('killed');
  await staithe.client.call('createProject', { body: { slug } });
  const command = `trap 'echo built > out; exit 0' USR1; sleep ${mark} > /dev/null 2>&1 & wait`;
  return startBuild(staithe.client, slug, commandTree([command], '30m'));
}

const jobOf = async (runId: string) => {
  const { items } = await staithe.client.call('listJobs', { params: { run: runId } });
  const [job] = items;
  return job;
};

/** Waits until the command of an attempt runs. @returns the shell's process */
async function shellOf(runId: string, attempt: number, mark: string): Promise<number> {
  await until(
    () => jobOf(runId),
    (job) => job?.attempt === attempt && job.stage.startsWith('command'),
  );
  // The command of an earlier attempt ends with its agent, if not at once.
  const shells = await until(
    () => processesWith(`USR1; sleep ${mark}`),
    ({ length }) => length === 1,
  );
  return Number(shells[0]);
}

async function killAgent(runId: string, attempt: number, mark: string): Promise<void> {
  process.kill(parentOf(await shellOf(runId, attempt, mark)), 'SIGKILL');
}

describe('an agent that is killed while its command runs', needs('/proc'), () => {
  it('is replaced, and the build completes with one set of artifacts', async () => {
    const mark = newMark();
    const { buildId, runId } = await begun(mark);

    await killAgent(runId, 1, mark);
    process.kill(await shellOf(runId, 2, mark), 'SIGUSR1');

    const run = await ended(staithe.client, runId);
    expect(run).toMatchObject({ status: 'completed', artifact_ids: [expect.any(String)] });
    expect(await jobOf(runId)).toMatchObject({
      attempt: 2,
      lost_attempts: [{ attempt: 1, reason: 'agent_ended', stage: 'command 1 of 1' }],
      artifact_ids: run.artifact_ids,
    });
    const { items } = await staithe.client.call('listBuildArtifacts', { params: { build: buildId } });
    expect(items.map(({ id }) => id)).toEqual(run.artifact_ids);
    const lines = await logOf(staithe.client, buildId);
    expect(new Set(lines.map(({ attempt }) => attempt))).toEqual(new Set([1, 2]));
    expect(lines.map(({ message }) => message).join('\n')).toContain(
      "attempt 2; lost before: attempt 1 at 'command 1 of 1': the build agent ended without a result",
    );
  });

  it('three times over fails the build, which says so', async () => {
    const mark = newMark();
    const { buildId, runId } = await begun(mark);

    for (const attempt of [1, 2, 3]) await killAgent(runId, attempt, mark);

    const run = await ended(staithe.client, runId);
    const message = "The build agent ended without a result, 3 times; the last time at 'command 1 of 1'.";
    expect(run).toMatchObject({ status: 'failed', error: { code: 'internal_error', message } });
    const { failure, jobs } = await staithe.client.call('getBuildDiagnosis', { params: { build: buildId } });
    expect(failure).toMatchObject({
      code: 'internal_error',
      message,
      hint: expect.stringContaining('memory'),
    });
    expect(jobs[0]?.lost_attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });
});

it('a run whose workflow somebody stops fails with that reason, at once', async () => {
  const { runId } = await begun(newMark());
  await until(
    () => staithe.client.call('getRun', { params: { run: runId } }),
    ({ status }) => status === 'building',
  );
  const sfn = new SFNClient(staithe.aws);
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand());
  const machine = stateMachines.find(({ name }) => name?.includes('Builds'))?.stateMachineArn ?? '';
  const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${runId}`;

  await sfn.send(new StopExecutionCommand({ executionArn }));

  const run = await ended(staithe.client, runId);
  expect(run).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
  expect(run.error?.message).toContain('ABORTED');
  sfn.destroy();
});
