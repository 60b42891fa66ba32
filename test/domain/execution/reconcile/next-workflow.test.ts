/** Another workflow goes on with the run of one that is gone, three in all. */

import { beforeEach, describe, expect, test } from 'vitest';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import { finish } from '../../../../lib/domain/execution/end/index.ts';
import { runs } from '../../../../lib/domain/execution/model/run-record.ts';
import { resume } from '../../../../lib/domain/execution/plan/index.ts';
import { startNextWorkflow } from '../../../../lib/domain/execution/reconcile/follow.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import * as Reconcile from '../../../../lib/domain/sweep/index.ts';
import { ADMIN, builtJob, claimed, holderOf, planRun, TWO_SERVICES, type World, world } from '../../world.ts';
import { builtJobAlone, executionEnds, MACHINE, MINUTES, planned } from '../swept.ts';

const SPEAKS = { stage: 'at work', progress: 10 };

let place: World;

beforeEach(async () => {
  place = await world();
});

const sweep = () => Reconcile.sweep(place.ports);

const read = (id: string) => Run.get(place.ports, ADMIN, id);

const wait = (minutes: number) => place.ports.clock.advance(minutes * MINUTES);

describe('a sweep', () => {
  test('lets another workflow go on where one died, with the next attempt of what was at work', async () => {
    const { id, jobs } = await planned(place, TWO_SERVICES);
    const [begun, waiting] = jobs as [Dispatch, Dispatch];
    const work = await claimed(place, begun);
    executionEnds(place, id, 'failed');

    await sweep();

    expect(place.ports.workflows.find('build', `${id}-2`)?.status).toBe('running');
    const again = (await planRun(place, id)).jobs;
    const attempts = new Map(again.map(({ job_id, attempt }) => [job_id, attempt]));
    expect([attempts.get(begun.job_id), attempts.get(waiting.job_id)]).toEqual([2, 1]);
    expect(await Job.progress(place.ports, begun.job_id, SPEAKS, await holderOf(place, work))).toEqual({
      cancel: true,
    });
    for (const dispatch of again) await builtJob(place, dispatch);
    await finish(place.ports, id);
    expect((await read(id)).status).toBe('completed');
  });

  test('fails a run whose third workflow died', async () => {
    const { id } = await planned(place);

    for (const name of [id, `${id}-2`, `${id}-3`]) {
      executionEnds(place, name, 'failed');
      await sweep();
    }

    expect(await read(id)).toMatchObject({
      status: 'failed',
      error: { code: 'internal_error', message: expect.stringContaining('died 3 times') },
    });
  });

  test('completes a run whose jobs had all completed when its third workflow died', async () => {
    const { id } = await planned(place);
    for (const name of [id, `${id}-2`]) {
      executionEnds(place, name, 'failed');
      await sweep();
    }
    const [dispatch] = (place.ports.workflows.find('build', `${id}-3`)?.input.jobs ?? []) as Dispatch[];
    if (dispatch === undefined) throw new Error('The third workflow has no job.');
    await builtJobAlone(place, dispatch);
    executionEnds(place, `${id}-3`, 'failed');

    await sweep();

    expect(await read(id)).toMatchObject({ status: 'completed', artifact_ids: [expect.any(String)] });
  });

  test('starts the next workflow with the next sweep when Step Functions refuses it once', async () => {
    const { id } = await planned(place);
    executionEnds(place, id, 'failed');
    place.ports.workflows.refusal = new Error('throttled');

    const refused = await sweep();
    place.ports.workflows.refusal = undefined;
    wait(3);
    await sweep();

    expect(refused.failures).toEqual([{ run_id: id, message: 'throttled' }]);
    expect(place.ports.workflows.find('build', `${id}-2`)?.status).toBe('running');
    expect((await read(id)).status).toBe('building');
  });

  test('gives up what an earlier workflow held when the sweep before broke off', async () => {
    const { id, jobs } = await planned(place);
    const [dispatch] = jobs as [Dispatch];
    await claimed(place, dispatch);
    executionEnds(place, id, 'failed');
    await runs.update(place.ports.table, Keys.run(id), (run) => ({ ...run, workflow_attempt: 2 }));
    wait(3);

    await sweep();

    expect(place.ports.workflows.find('build', `${id}-2`)?.status).toBe('running');
    const [job] = await Run.jobsOf(place.ports, await read(id));
    expect(job?.lost_attempts).toMatchObject([{ attempt: 1, reason: 'workflow_ended' }]);
  });

  test('takes nothing from a workflow that has followed meanwhile', async () => {
    const { id } = await planned(place);
    const before = await read(id);
    executionEnds(place, id, 'failed');
    await sweep();
    const [again] = (await planRun(place, id)).jobs as [Dispatch];
    const work = await claimed(place, again);

    await startNextWorkflow(place.ports, before, 'died');

    expect(await Job.progress(place.ports, again.job_id, SPEAKS, await holderOf(place, work))).toEqual({
      cancel: false,
    });
    expect((await read(id)).workflow_attempt).toBe(2);
  });

  test('fails a run, and stops its workflow, when the third one has missed an event too', async () => {
    const { id } = await planned(place);
    const missed = async (execution: string) => {
      const [dispatch] = (await planRun(place, id)).jobs;
      if (dispatch === undefined) throw new Error('There was to be a job.');
      await claimed(place, dispatch);
      place.ports.machines.place(execution, dispatch.job_id, { ...MACHINE, status: 'lost' });
      wait(6);
      await sweep();
      wait(5);
      await sweep();
    };
    await runs.update(place.ports.table, Keys.run(id), (run) => ({ ...run, workflow_attempt: 3 }));
    await resume(place.ports, await read(id));

    await missed(`${id}-3`);

    expect(await read(id)).toMatchObject({
      status: 'failed',
      error: { code: 'internal_error', message: expect.stringContaining('did not reach the workflow') },
    });
    expect(place.ports.workflows.find('build', `${id}-3`)?.status).toBe('stopped');
  });

  test('waits with another workflow while a job of the present one is at work', async () => {
    const { id, jobs } = await planned(place, TWO_SERVICES);
    const [lost, working] = jobs as [Dispatch, Dispatch];
    await claimed(place, lost);
    const work = await claimed(place, working);
    place.ports.machines.place(id, lost.job_id, { ...MACHINE, status: 'lost' });
    place.ports.machines.place(id, working.job_id, { ...MACHINE, ref: 'machine:2' });

    for (let minute = 0; minute < 10; minute++) {
      wait(1);
      await Job.progress(place.ports, work.job.id, SPEAKS, await holderOf(place, work));
      await sweep();
    }

    expect(place.ports.workflows.find('build', id)?.status).toBe('running');
    expect((await read(id)).workflow_attempt).toBe(1);
  });
});
