/** Runs after the first: of what failed, in the place of older ones, within their time. */

import { beforeEach, describe, expect, test } from 'vitest';
import * as Build from '../../../lib/domain/builds/index.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../lib/domain/execution/attempt/failed-attempt.ts';
import { fail, finish } from '../../../lib/domain/execution/end/index.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import { WorkflowRefused } from '../../../lib/domain/ports/workflows.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import {
  ADMIN,
  agentOf,
  builtJob,
  claimed,
  planRun,
  refusal,
  startedBuild,
  TWO_SERVICES,
  type World,
  world,
} from '../world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});
const read = (id: string) => Run.get(place.ports, ADMIN, id);
const BROKEN = { status: 'failed', error: { code: 'build_error', message: 'make failed' } } as const;

/** Two services, of which the first (api) completes and the second (web) fails. */
async function halfBuilt() {
  const { build, run } = await startedBuild(place, TWO_SERVICES);
  const [api, web] = (await planRun(place, run.id)).jobs;
  if (api === undefined || web === undefined) throw new Error('Two jobs were planned.');
  await builtJob(place, api);
  const work = await claimed(place, web);
  await Job.result(place.ports, agentOf(work), web.job_id, BROKEN);
  await finish(place.ports, run.id);
  return { build: await Build.get(place.ports, ADMIN, build.id), run: await read(run.id) };
}

describe('a rerun of what failed', () => {
  test('builds just that, and has the artifacts of all', async () => {
    const { build, run } = await halfBuilt();
    expect(run.status).toBe('failed');

    const again = await Run.rerun(place.ports, ADMIN, build, { jobs: 'failed' });
    const { jobs } = await planRun(place, again.id);
    expect(jobs).toHaveLength(1);
    for (const job of jobs) await builtJob(place, job);
    await finish(place.ports, again.id);

    const ended = await read(again.id);
    expect(ended).toMatchObject({ status: 'completed', retry_of: run.id });
    expect(ended.artifact_ids).toHaveLength(2);
    expect((await Run.jobsOf(place.ports, ended)).map(({ service }) => service)).toEqual(['web']);
  });

  test('may be repeated until all have completed, and forgets none on the way', async () => {
    const { build } = await halfBuilt();
    const second = await Run.rerun(place.ports, ADMIN, build, { jobs: 'failed' });
    const [web] = (await planRun(place, second.id)).jobs;
    const work = await claimed(place, web as NonNullable<typeof web>);
    await Job.result(place.ports, agentOf(work), work.job.id, BROKEN);
    await finish(place.ports, second.id);

    const latest = await Build.get(place.ports, ADMIN, build.id);
    const third = await Run.rerun(place.ports, ADMIN, latest, { jobs: 'failed' });
    for (const job of (await planRun(place, third.id)).jobs) await builtJob(place, job);
    await finish(place.ports, third.id);

    expect((await read(third.id)).artifact_ids).toHaveLength(2);
  });

  test('of a run that failed before it had jobs is a run of all', async () => {
    const { build, run } = await startedBuild(place, TWO_SERVICES);
    await fail(place.ports, run.id, { code: 'internal_error', message: 'The workflow died.' });

    const latest = await Build.get(place.ports, ADMIN, build.id);
    const again = await Run.rerun(place.ports, ADMIN, latest, { jobs: 'failed' });

    expect((await planRun(place, again.id)).jobs).toHaveLength(2);
  });

  test('whose workflow is refused is the newest run of its build all the same, and has failed', async () => {
    const { build, run } = await startedBuild(place);
    await planRun(place, run.id);
    await fail(place.ports, run.id, { code: 'internal_error', message: 'The workflow died.' });
    place.ports.workflows.refusal = new WorkflowRefused('AccessDeniedException: no');

    const latest = await Build.get(place.ports, ADMIN, build.id);
    expect(await refusal(Run.rerun(place.ports, ADMIN, latest))).toBe('workflow_refused');

    const { latest_run: newest } = await Build.show(place.ports, ADMIN, build.id);
    expect(newest?.id).not.toBe(run.id);
    expect(newest).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
  });

  test('is refused while the run works and when nothing failed', async () => {
    const { build } = await startedBuild(place);

    expect(await refusal(Run.rerun(place.ports, ADMIN, build, { jobs: 'failed' }))).toBe('wrong_state');
  });
});

describe('a newer run of the same branch', () => {
  const branch = { git_ref: 'refs/heads/main' };
  beforeEach(async () => {
    const project = await Project.update(place.ports, ADMIN, 'hello', { supersede: true });
    place = { ...place, project };
  });

  test('cancels the older one that waits, and says so there', async () => {
    const older = await startedBuild(place, null, branch);

    const newer = await startedBuild(place, TWO_SERVICES, branch);

    expect(await read(older.run.id)).toMatchObject({ status: 'cancelled', superseded_by: newer.run.id });
    expect((await read(newer.run.id)).status).toBe('pending');
    await planRun(place, older.run.id);
    expect(place.ports.workflows.find('build', older.run.id)).toBeUndefined();
  });

  test('cancels one that was planned and has no agent yet, and leaves one that works', async () => {
    const planned = await startedBuild(place, null, branch);
    const other = await startedBuild(place, undefined, { git_ref: 'refs/heads/other' });
    const [job] = (await planRun(place, other.run.id)).jobs;
    await claimed(place, job as NonNullable<typeof job>);
    await planRun(place, planned.run.id);

    await startedBuild(place, TWO_SERVICES, branch);
    await startedBuild(place, TWO_SERVICES, { git_ref: 'refs/heads/other' });

    expect((await read(planned.run.id)).status).not.toBe('building');
    expect((await read(other.run.id)).status).toBe('building');
  });

  test('leaves other branches and tags alone', async () => {
    const other = await startedBuild(place, undefined, { git_ref: 'refs/heads/topic' });
    const tag = await startedBuild(place, undefined, { git_ref: 'refs/tags/v1' });

    await startedBuild(place, undefined, branch);
    await startedBuild(place, undefined, { git_ref: 'refs/tags/v1' });

    expect((await read(other.run.id)).status).toBe('pending');
    expect((await read(tag.run.id)).status).toBe('pending');
  });

  test('leaves the older one in a project that does not say so', async () => {
    place = { ...place, project: await Project.update(place.ports, ADMIN, 'hello', { supersede: false }) };
    const older = await startedBuild(place, undefined, branch);

    await startedBuild(place, undefined, branch);

    expect((await read(older.run.id)).status).toBe('pending');
  });
});

describe('the first failure of a fail_fast run', () => {
  test('ends the others, which say why', async () => {
    const { run } = await startedBuild(place, TWO_SERVICES, { fail_fast: true });
    const [api, web] = (await planRun(place, run.id)).jobs;
    if (api === undefined || web === undefined) throw new Error('Two jobs were planned.');
    await claimed(place, web);
    const work = await claimed(place, api);
    await Job.result(place.ports, agentOf(work), api.job_id, BROKEN);
    const caught = { error: 'States.TaskFailed', cause: '{"Build":{"BuildStatus":"TIMED_OUT"}}' };

    expect(await handleFailedAttempt(place.ports, api.job_id, caught, { failFast: api.fail_fast })).toEqual({
      retry: false,
      end_all: true,
    });
    await finish(place.ports, run.id);

    const ended = await read(run.id);
    const jobs = await Run.jobsOf(place.ports, ended);
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'build_error', service: 'api' } });
    expect(jobs.map(({ status, error }) => [status, error?.code])).toEqual([
      ['failed', 'build_error'],
      ['cancelled', 'cancelled'],
    ]);
    expect(jobs[1]?.error?.message).toContain("'api' failed");
  });
});

describe('the time of a run', () => {
  test('is all that its jobs have left when they begin', async () => {
    const { run } = await startedBuild(place, undefined, { timeout_seconds: 600 });
    const [job] = (await planRun(place, run.id)).jobs;
    place.ports.clock.advance(400_000);

    const work = await claimed(place, job as NonNullable<typeof job>);

    expect(work.job.spec).toMatchObject({ timeout_seconds: 200, timeout_of: 'run' });
    expect(job?.queue_timeout_seconds).toBe(600);
  });
});
