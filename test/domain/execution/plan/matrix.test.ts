/** The cells of a matrix are told apart in what they leave, and counted by how each has ended. */
import { expect, test } from 'vitest';
import { eventOf } from '../../../../lib/contract/events/relay.ts';
import { artifacts } from '../../../../lib/domain/artifact/record.ts';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import * as Artifact from '../../../../lib/domain/execution/artifacts.ts';
import { finish } from '../../../../lib/domain/execution/end/index.ts';
import { runs } from '../../../../lib/domain/execution/model/run-record.ts';
import { cellName } from '../../../../lib/domain/matrix.ts';
import * as Release from '../../../../lib/domain/release/index.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import {
  ADMIN,
  agentOf,
  builtJob,
  claimed,
  completedBuild,
  planRun,
  startedBuild,
  type World,
  world,
} from '../../world.ts';

const MATRIX = 'fail_fast: true\nservices:\n  web:\n    commands: [make]\n    matrix: {node: [22, 24, 26]}\n';

const runOf = async ({ ports }: World, id: string) =>
  (await runs.get(ports.table, Keys.run(id)))?.value ?? expect.fail('The run is gone.');

/** One cell completed, one failed, and one ended for it. */
async function partlyFailed(place: World) {
  const { run } = await startedBuild(place, MATRIX);
  const [first, second] = (await planRun(place, run.id)).jobs;
  if (first === undefined || second === undefined) throw new Error('Three jobs were expected.');
  await builtJob(place, first);
  const work = await claimed(place, second);
  const error = { code: 'build_error', message: 'make failed.' } as const;
  await Job.result(place.ports, agentOf(work), work.job.id, { status: 'failed', error });
  await finish(place.ports, run.id);
  return runOf(place, run.id);
}

test('artifacts of the same name say which cell each is of, and so do those of a release', async () => {
  const place = await world();
  const { build, run } = await completedBuild(place, MATRIX);

  const left = await Artifact.ofRun(place.ports, await runOf(place, run.id));
  const release = await Release.create(place.ports, ADMIN, place.project, {
    build_id: build.id,
    version: '1.0.0',
  });

  const names = ['web (node=22)', 'web (node=24)', 'web (node=26)'];
  expect(left.map(({ service = '', matrix }) => cellName(service, matrix))).toEqual(names);
  expect(release.artifacts.map(({ service, matrix = {} }) => cellName(service, matrix))).toEqual(names);
});

test('a run that has partly failed has the artifacts of its completed jobs, and counts what was cancelled apart', async () => {
  const place = await world();

  const run = await partlyFailed(place);

  expect(run).toMatchObject({
    status: 'failed',
    job_counts: { total: 3, completed: 1, failed: 1, cancelled: 1, open: 0 },
    error: {
      job: 'web (node=24)',
      message: 'make failed. (1 of 3 jobs failed, 1 was cancelled, 1 completed.)',
    },
  });
  const left = await Artifact.ofRun(place.ports, run);
  expect(left.map(({ matrix }) => matrix)).toEqual([{ node: '22' }]);
});

test('the event of its end has the counts', async () => {
  const place = await world();
  const run = await partlyFailed(place);

  const item = (await place.ports.table.get(Keys.run(run.id))) ?? expect.fail('The run is gone.');

  expect(eventOf({ before: { ...item, status: 'building' }, after: item })).toMatchObject({
    name: 'Run Failed',
    detail: { job_counts: { failed: 1, cancelled: 1, completed: 1 } },
  });
});

test('a release that its item cannot hold, as cells have long names, is refused before it is written', async () => {
  const place = await world();
  const { build, run } = await completedBuild(place);
  const ended = await runOf(place, run.id);
  const [made] = await Artifact.ofRun(place.ports, ended);
  const axis = (letter: string) => [letter.repeat(31), 'v'.repeat(64)];
  const matrix = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map(axis));
  const ids = Array.from({ length: 700 }, (_, at) => `art_${String(at).padStart(26, '0')}`);
  for (const id of ids)
    if (made !== undefined) await artifacts.create(place.ports.table, { ...made, id, matrix });
  await runs.update(place.ports.table, Keys.run(run.id), (value) => ({ ...value, artifact_ids: ids }));

  const creating = Release.create(place.ports, ADMIN, place.project, {
    build_id: build.id,
    version: '1.0.0',
  });

  await expect(creating).rejects.toThrow(/^The 700 artifacts take \d+ KB of a release/);
});
