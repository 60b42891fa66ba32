/** A log that is not there says why, and where there is one. */
import { expect, test } from 'vitest';
import * as Build from '../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../lib/domain/builds/schema.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import * as Log from '../../../lib/domain/log/index.ts';
import {
  ADMIN,
  completedBuild,
  ONE_SERVICE,
  planRun,
  startedBuild,
  TWO_SERVICES,
  uploadedSource,
  type World,
  world,
} from '../world.ts';

/** The end of the log, as a reader gets it. */
async function read(place: World, buildId: string, filter: Log.JobFilter = {}) {
  const source = async () => {
    const run = await Build.runOf(place.ports, ADMIN, buildId);
    return run && Log.ofRun(place.ports, run, filter);
  };
  return Log.read(place.ports, source, { log: buildId, limit: 10 });
}

test('of a build that has not run, and of one that failed before it had jobs', async () => {
  const place = await world();
  const source_id = await uploadedSource(place);
  const request = CreateBuild.parse({ source_id, start: false });
  const recorded = await Build.create(place.ports, ADMIN, place.project, request);
  const { build, run } = await startedBuild(place, 'services: {web: {timeout: never}}');
  await planRun(place, run.id);

  expect(await read(place, recorded.id)).toMatchObject({ complete: true, absence: { reason: 'not_run' } });
  expect((await read(place, build.id)).absence).toMatchObject({
    reason: 'planning_failed',
    message: expect.stringContaining('services.web.timeout'),
  });
});

test('of a build that took the artifacts of an earlier run names that run and its build', async () => {
  const place = await world();
  const earlier = await completedBuild(place);
  const { build, run } = await startedBuild(place, ONE_SERVICE, { force_rebuild: false });
  await planRun(place, run.id);

  const { absence } = await read(place, build.id);

  expect(absence).toMatchObject({ reason: 'reused', build_id: earlier.build.id, run_id: earlier.run.id });
});

test('of jobs that were cancelled before they had a machine, and of a service that the run does not have', async () => {
  const place = await world();
  const { build, run } = await startedBuild(place, TWO_SERVICES);
  await planRun(place, run.id);
  const open = await read(place, build.id);

  await Run.cancel(place.ports, ADMIN, run.id);

  expect(open).toMatchObject({ items: [], complete: false });
  expect(open.absence).toBeUndefined();
  expect((await read(place, build.id)).absence).toMatchObject({ reason: 'cancelled' });
  expect((await read(place, build.id, { service: 'api' })).absence?.message).toBe(
    "The job 'api' never had a machine: it was cancelled before.",
  );
  expect((await read(place, build.id, { service: 'docs' })).absence?.reason).toBe('no_such_job');
});
