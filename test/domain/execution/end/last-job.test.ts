import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../../lib/domain/execution/attempt/failed-attempt.ts';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import { endWithLastJob } from '../../../../lib/domain/execution/end/last-job.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import { sweep } from '../../../../lib/domain/sweep/index.ts';
import { ADMIN, agentOf, builtJob, claimed, TWO_SERVICES, type World, world } from '../../world.ts';
import { caught } from '../caught.ts';
import { builtJobAlone, executionEnds, planned } from '../swept.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});
const read = (id: string) => Run.get(place.ports, ADMIN, id);
const FAILED = caught('FAILED');

describe('the end of the last job', () => {
  test('ends its run, and no earlier one does', async () => {
    const { id, jobs } = await planned(place, TWO_SERVICES);
    const [first, last] = jobs as [Dispatch, Dispatch];

    await builtJob(place, first);
    const before = await read(id);
    await builtJob(place, last);

    expect(before.status).toBe('building');
    expect(await read(id)).toMatchObject({
      status: 'completed',
      artifact_ids: [expect.any(String), expect.any(String)],
    });
  });

  test('ends its run when both are reported at the same time', async () => {
    const { id, jobs } = await planned(place, TWO_SERVICES);

    await Promise.all(jobs.map((dispatch, index) => builtJob(place, dispatch, `bytes ${index}`)));

    expect((await read(id)).status).toBe('completed');
  });

  test('ends its run with a repeat of the report, when the first broke off in between', async () => {
    const { id, jobs } = await planned(place);
    const [dispatch] = jobs as [Dispatch];
    await builtJobAlone(place, dispatch);
    const [job] = await Run.jobsOf(place.ports, await read(id));
    if (job === undefined) throw new Error('The run has no job.');

    await Job.result(place.ports, agentOf({ job }), dispatch.job_id, {
      status: 'completed',
      artifact_ids: job.artifact_ids,
    });

    expect((await read(id)).status).toBe('completed');
  });

  test('ends its run as failed when its agent says so, before its machine has ended', async () => {
    const { id, jobs } = await planned(place);
    const [dispatch] = jobs as [Dispatch];
    const work = await claimed(place, dispatch);

    await Job.result(place.ports, agentOf(work), dispatch.job_id, {
      status: 'failed',
      error: { code: 'build_error', message: 'make failed' },
    });

    expect(await read(id)).toMatchObject({ status: 'failed', error: { code: 'build_error' } });
    expect(place.ports.workflows.find('build', id)?.status).toBe('running');
  });

  test('ends its run when the machine of a job ended after the report and before the end of the run', async () => {
    const { id, jobs } = await planned(place);
    const [dispatch] = jobs as [Dispatch];
    await builtJobAlone(place, dispatch);

    await handleFailedAttempt(place.ports, dispatch.job_id, FAILED, { attempt: 1 });

    expect((await read(id)).status).toBe('completed');
  });

  test('ends its run in place of a workflow with nothing to do, when the one before died with it', async () => {
    const { id, jobs } = await planned(place);
    await builtJobAlone(place, jobs[0] as Dispatch);
    executionEnds(place, id, 'failed');

    const { repairs } = await sweep(place.ports);

    expect(repairs).toMatchObject([{ run_id: id }]);
    expect((await read(id)).status).toBe('completed');
    expect(place.ports.workflows.find('build', `${id}-2`)).toBeUndefined();
  });

  test('costs n × ln n reads of jobs over all the ends of a run, in whatever order they come', async () => {
    const count = 64;
    const cells = Array.from({ length: count }, (_, n) => n).join(', ');
    const manifest = `services:\n  web:\n    commands: [make]\n    matrix: {n: [${cells}]}\n`;
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
        async (order) => {
          const { id } = await planned(place, manifest);
          const all = await Run.jobsOf(place.ports, await read(id));
          let reads = 0;
          const table = {
            ...place.ports.table,
            getMany: (keys: Parameters<typeof place.ports.table.getMany>[0]) => {
              reads += keys.length;
              return place.ports.table.getMany(keys);
            },
          };
          for (const at of order) {
            const job = all[at];
            if (job === undefined) throw new Error('The run has too few jobs.');
            const item = await place.ports.table.get(Keys.job(job.id));
            if (item === undefined) throw new Error('The job is gone.');
            await place.ports.table.write({
              put: { ...item, status: 'failed', stage: 'failed', revision: item.revision + 1 },
              when: { revision: item.revision },
            });
            await endWithLastJob({ ...place.ports, table }, { id: job.id, run_id: id });
          }

          expect((await read(id)).status).toBe('failed');
          // 2 × 64 for the end itself, and some 64 × ln 64 = 266 for the looks; all others each time are 4,032.
          expect(reads).toBeLessThan(1200);
        },
      ),
      { numRuns: 5 },
    );
  });
});
