/** A job has ended, its workflow was never told of its machine's end, and other jobs wait behind it. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import { waitForTurn } from '../../../../lib/domain/execution/queue/index.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import type { MachineStatus } from '../../../../lib/domain/ports/compute.ts';
import * as Project from '../../../../lib/domain/project/index.ts';
import * as Reconcile from '../../../../lib/domain/sweep/index.ts';
import { ADMIN, builtJob, planRun, TWO_SERVICES, type World, world } from '../../world.ts';
import { MACHINE, MINUTES, planned } from '../swept.ts';

const ONE_AFTER_THE_OTHER = `${TWO_SERVICES}max_parallel: 1\n`;

let place: World;
beforeEach(async () => {
  place = await world();
});
const sweep = () => Reconcile.sweep(place.ports);
const read = (id: string) => Run.get(place.ports, ADMIN, id);
const wait = (minutes: number) => place.ports.clock.advance(minutes * MINUTES);

async function firstOfTwoEnded(status: MachineStatus) {
  const { id, jobs } = await planned(place, ONE_AFTER_THE_OTHER);
  const [first, second] = jobs as [Dispatch, Dispatch];
  await builtJob(place, first);
  place.ports.machines.place(id, first.job_id, { ...MACHINE, status });
  return { id, first, second };
}

describe('a sweep, when a job has ended and the next one gets no machine', () => {
  test('lets another workflow run the next job, once no lack of machines explains it', async () => {
    const { id, first, second } = await firstOfTwoEnded('succeeded');

    wait(32);
    await sweep();
    const before = (await read(id)).workflow_attempt;
    wait(1);
    const { repairs } = await sweep();

    expect(before).toBe(1);
    expect(repairs).toMatchObject([{ run_id: id, what: 'event lost', job_ids: [first.job_id] }]);
    expect((await read(id)).workflow_attempt).toBe(2);
    expect((await planRun(place, id)).jobs.map(({ job_id }) => job_id)).toEqual([second.job_id]);
  });

  test('leaves the workflow alone while the machine of the ended job still runs', async () => {
    const { id } = await firstOfTwoEnded('running');

    wait(60);
    await sweep();

    expect((await read(id)).workflow_attempt).toBe(1);
  });

  test('leaves the workflow alone while the next job waits for its turn in the project', async () => {
    await Project.update(place.ports, ADMIN, 'hello', { max_concurrent_jobs: 1 });
    const { id, second } = await firstOfTwoEnded('succeeded');
    await waitForTurn(place.ports, second.job_id, 'token of the task');

    wait(60);
    await sweep();

    expect((await read(id)).workflow_attempt).toBe(1);
  });
});
