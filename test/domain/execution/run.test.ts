import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../../lib/domain/artifact/index.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../lib/domain/execution/attempt/failed-attempt.ts';
import { fail, finish } from '../../../lib/domain/execution/end/index.ts';
import { plan } from '../../../lib/domain/execution/plan/index.ts';
import { withProgress } from '../../../lib/domain/execution/progress.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import {
  ADMIN,
  agentOf,
  builtJob,
  claimed,
  completedBuild,
  planRun,
  refusal,
  startedBuild,
  TWO_SERVICES,
  uploadedArtifact,
  type World,
  world,
} from '../world.ts';
import { FAULT } from './caught.ts';
import { builtJobAlone } from './swept.ts';

let place: World;

beforeEach(async () => {
  place = await world();
});

const run = (id: string) => Run.get(place.ports, ADMIN, id);

const jobs = async (id: string) => Run.jobsOf(place.ports, await run(id));

describe('the end of a run', () => {
  test('with all jobs done has their artifacts', async () => {
    const { run: started } = await completedBuild(place, TWO_SERVICES);

    const ended = await run(started.id);

    expect(ended).toMatchObject({ status: 'completed', progress: 100, stage: 'done' });
    const artifacts = await Artifact.byIds(place.ports, ended.artifact_ids);
    expect(artifacts.map(({ name, status }) => [name, status])).toEqual([
      ['api.zip', 'stored'],
      ['web.zip', 'stored'],
    ]);
  });

  test('with one of two jobs failed has the error of that one', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const { jobs: dispatches } = await planRun(place, started.id);
    const [api, web] = await Promise.all(dispatches.map((dispatch) => claimed(place, dispatch)));
    if (api === undefined || web === undefined) throw new Error('Two jobs were expected.');
    const artifact = await uploadedArtifact(place, web);
    await Job.result(place.ports, agentOf(web), web.job.id, {
      status: 'completed',
      artifact_ids: [artifact],
    });
    const error = { code: 'build_error', message: 'make failed', step: 'make', exit_code: 2 } as const;
    await Job.result(place.ports, agentOf(api), api.job.id, { status: 'failed', error });

    expect(await finish(place.ports, started.id)).toEqual({ status: 'failed' });
    expect((await run(started.id)).error).toEqual({
      ...error,
      message: 'make failed (1 of 2 jobs failed, 1 completed.)',
      job_id: api.job.id,
      service: 'api',
      job: 'api',
    });
  });

  test('with several jobs failed at length can be read', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const { jobs: dispatches } = await planRun(place, started.id);
    for (const dispatch of dispatches) {
      const work = await claimed(place, dispatch);
      const error = { code: 'build_error', message: 'x'.repeat(4000) } as const;
      await Job.result(place.ports, agentOf(work), work.job.id, { status: 'failed', error });
    }

    await finish(place.ports, started.id);

    expect((await run(started.id)).error?.message).toHaveLength(4000);
  });

  test('again changes nothing', async () => {
    const { run: started } = await completedBuild(place);
    const before = await run(started.id);
    place.ports.clock.advance(1000);

    await finish(place.ports, started.id);
    await fail(place.ports, started.id, { code: 'internal_error', message: 'late news' });

    expect(await run(started.id)).toEqual(before);
  });

  test('before it was planned is a failure, never a success without jobs', async () => {
    const { run: started } = await startedBuild(place);

    expect(await finish(place.ports, started.id)).toEqual({ status: 'failed' });
  });

  test('when the workflow died fails the run and what is left of its jobs', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const { jobs: dispatches } = await planRun(place, started.id);
    if (dispatches[0]) await builtJob(place, dispatches[0]);

    await fail(place.ports, started.id, { code: 'internal_error', message: 'The workflow died.' });

    expect((await run(started.id)).status).toBe('failed');
    expect((await jobs(started.id)).map(({ status }) => status)).toEqual(['completed', 'failed']);
  });

  test('with more than a hundred artifacts can be read', async () => {
    const services = Array.from({ length: 6 }, (_, n) => `  s${n}: {}`).join('\n');
    const { run: started } = await startedBuild(place, `services:\n${services}\n`);
    for (const dispatch of (await planRun(place, started.id)).jobs) {
      const work = await claimed(place, dispatch);
      const artifact_ids = [];
      for (let n = 0; n < 20; n++)
        artifact_ids.push(await uploadedArtifact(place, work, `${work.job.service} ${n}`, `${n}.zip`));
      await Job.result(place.ports, agentOf(work), work.job.id, { status: 'completed', artifact_ids });
    }
    await finish(place.ports, started.id);

    const { artifact_ids } = await run(started.id);

    expect(await Artifact.byIds(place.ports, artifact_ids)).toHaveLength(120);
  });
});

describe('cancelling a run', () => {
  test('stops the workflow, ends its jobs, and keeps late reports out', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const { jobs: dispatches } = await planRun(place, started.id);
    const [first, second] = dispatches;
    if (first === undefined || second === undefined) throw new Error('Two jobs were expected.');
    const work = await claimed(place, first);
    const artifact = await uploadedArtifact(place, work);

    await Run.cancel(place.ports, ADMIN, started.id);

    expect(place.ports.workflows.find('build', started.id)).toMatchObject({
      status: 'stopped',
      reason: `cancelled by ${ADMIN.token_id}`,
    });
    expect((await jobs(started.id)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    const late = { status: 'completed' as const, artifact_ids: [artifact] };
    expect(await refusal(Job.result(place.ports, agentOf(work), work.job.id, late))).toBe('wrong_state');
    expect(await refusal(claimed(place, second))).toBe('wrong_state');
    expect(await Job.progress(place.ports, work.job.id, { stage: 'packing', progress: 80 })).toEqual({
      cancel: true,
    });
    expect(await refusal(uploadedArtifact(place, work))).toBe('wrong_state');
    await handleFailedAttempt(place.ports, second.job_id, FAULT);
    expect(await finish(place.ports, started.id)).toEqual({ status: 'cancelled' });
  });

  test('of one that has ended otherwise is refused', async () => {
    const { run: started } = await completedBuild(place);

    expect(await refusal(Run.cancel(place.ports, ADMIN, started.id))).toBe('wrong_state');
  });

  test('again ends what a first try left behind that could not reach the workflow', async () => {
    const { run: started } = await startedBuild(place);
    await planRun(place, started.id);
    const workflows = {
      ...place.ports.workflows,
      stop: async () => {
        throw new Error('Step Functions is away');
      },
    };
    await expect(Run.cancel({ ...place.ports, workflows }, ADMIN, started.id)).rejects.toThrow('away');

    const again = await Run.cancel(place.ports, ADMIN, started.id);

    expect(again.status).toBe('cancelled');
    expect(place.ports.workflows.find('build', started.id)?.status).toBe('stopped');
    expect((await jobs(started.id)).map(({ status }) => status)).toEqual(['cancelled']);
  });

  test('while it is being planned leaves no ticket that works', async () => {
    const { run: started } = await startedBuild(place);
    const trees = {
      survey: async (archive: Parameters<typeof place.ports.trees.survey>[0]) => {
        await Run.cancel(place.ports, ADMIN, started.id);
        return place.ports.trees.survey(archive);
      },
    };

    await plan({ ...place.ports, trees }, started.id);

    expect(await run(started.id)).toMatchObject({ status: 'cancelled', job_ids: [] });
    expect(place.ports.workflows.executions).toEqual([]);
  });
});

describe('a run at work', () => {
  test('shows the stage of its one job, or how many are done', async () => {
    const one = await startedBuild(place);
    const two = await startedBuild(place, TWO_SERVICES);
    const [single] = (await planRun(place, one.run.id)).jobs;
    const [api] = (await planRun(place, two.run.id)).jobs;
    if (single === undefined || api === undefined) throw new Error('Jobs were expected.');
    await claimed(place, single);
    await Job.progress(place.ports, single.job_id, { stage: 'command 1 of 2', progress: 40 });
    await builtJob(place, api);

    const views = await Promise.all(
      [one, two].map(async (each) => withProgress(place.ports, await run(each.run.id))),
    );

    expect(views).toMatchObject([
      { stage: 'command 1 of 2', progress: 40 },
      { stage: '1 of 2 jobs ended', progress: 50 },
    ]);
  });

  test('is never at 100 before it has completed', async () => {
    const { run: started } = await startedBuild(place);
    const [dispatch] = (await planRun(place, started.id)).jobs;
    if (dispatch) await builtJobAlone(place, dispatch);

    expect(await withProgress(place.ports, await run(started.id))).toMatchObject({
      stage: 'finishing',
      progress: 99,
    });
  });
});
