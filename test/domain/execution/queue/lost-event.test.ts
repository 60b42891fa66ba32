/** A job of a project with a limit has ended, and the event that frees its place was lost. */
import { beforeEach, expect, test } from 'vitest';
import * as Queue from '../../../../lib/domain/execution/queue/index.ts';
import * as Project from '../../../../lib/domain/project/index.ts';
import { ADMIN, builtJob, plannedJob, type World, world } from '../../world.ts';

let place: World;
beforeEach(async () => {
  const made = await world();
  const project = await Project.update(made.ports, ADMIN, made.project.id, { max_concurrent_jobs: 1 });
  place = { ...made, project };
});

const planned = async () => (await plannedJob(place)).dispatch;

test('the next run of the project begins at once', async () => {
  await builtJob(place, await planned());

  expect((await planned()).queued).toBe(false);
});

test('whoever waits already is woken by the next run that comes, and goes first', async () => {
  const first = await planned();
  const second = await planned();
  await Queue.waitForTurn(place.ports, second.job_id, 'the token of the second');
  await builtJob(place, first);

  const third = await planned();

  expect([second.queued, third.queued]).toEqual([true, true]);
  expect(place.ports.workflows.woken).toContain('the token of the second');
});

test('a place of a job that works is nobody else’s', async () => {
  const first = await planned();
  expect((await planned()).queued).toBe(true);

  await builtJob(place, first);
  await Queue.dequeue(place.ports, place.project.id, first.job_id);
  expect((await planned()).queued).toBe(true); // the second has it
});
