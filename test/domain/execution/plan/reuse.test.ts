/** What was built before is not built again. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Build from '../../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../../lib/domain/builds/schema.ts';
import { finish } from '../../../../lib/domain/execution/end/index.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import { ADMIN, builtJob, ONE_SERVICE, planRun, uploadedSource, type World, world } from '../../world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});

type Asked = Partial<CreateBuild> & { files?: Record<string, string> };

async function create({ files = { 'staithe.yaml': ONE_SERVICE }, ...asked }: Asked = {}) {
  const source_id = await uploadedSource(place, files);
  const build = await Build.create(
    place.ports,
    ADMIN,
    place.project,
    CreateBuild.parse({ source_id, ...asked }),
  );
  if (build.latest_run === null) throw new Error('The build has no run.');
  return build.latest_run;
}

/** Builds it as a backend would. @returns the run as it ended */
async function built(asked: Asked = {}) {
  const run = await create(asked);
  for (const job of (await planRun(place, run.id)).jobs) await builtJob(place, job, `built in ${run.id}`);
  await finish(place.ports, run.id);
  return Run.get(place.ports, ADMIN, run.id);
}

describe('the same content', () => {
  test('has the earlier artifacts at once, in the answer of the request', async () => {
    const first = await built();

    const second = await create();

    expect(second).toMatchObject({ status: 'completed', reused_from: first.id, progress: 100 });
    expect(second.artifact_ids).toEqual(first.artifact_ids);
    expect(place.ports.workflows.find('build', second.id)).toBeUndefined();
  });

  test('packed in another way is recognised when the plan has read it', async () => {
    const first = await built({ files: { 'a.js': '1', 'staithe.yaml': ONE_SERVICE } });
    const repacked = await create({ files: { 'staithe.yaml': ONE_SERVICE, 'a.js': '1' } });
    expect(repacked.status).toBe('pending');

    expect((await planRun(place, repacked.id)).jobs).toEqual([]);

    expect(await Run.get(place.ports, ADMIN, repacked.id)).toMatchObject({
      status: 'completed',
      reused_from: first.id,
      artifact_ids: first.artifact_ids,
    });
  });

  test('of a run that itself reused is traced to the run that built', async () => {
    const first = await built();
    await create();

    expect((await create()).reused_from).toBe(first.id);
  });
});

describe('it is built again', () => {
  test.each<[string, Asked]>([
    ['with another file in the tree', { files: { 'staithe.yaml': ONE_SERVICE, 'more.js': '' } }],
    ['with another manifest', { files: { 'staithe.yaml': 'services: {web: {commands: [ninja]}}' } }],
    ['with other inputs', { inputs: { level: 'high' } }],
    ['with other services', { services: ['web'] }],
    ['with a matrix', { matrix: { node: ['24'] } }],
    ['with a feature', { features: ['full'] }],
    ['for a fork, whose artifacts are its own', { trust: 'fork' }],
    ['when the request says so', { force_rebuild: true }],
  ])('%s', async (_, asked) => {
    await built();

    const run = await create(asked);
    await planRun(place, run.id);

    expect(await Run.get(place.ports, ADMIN, run.id)).toMatchObject({ status: 'building' });
  });

  test('when the installation wants no reuse', async () => {
    await built();
    place = {
      ...place,
      ports: { ...place.ports, installation: { ...place.ports.installation, reuse: false } },
    };

    const run = await create();
    await planRun(place, run.id);

    expect((await Run.get(place.ports, ADMIN, run.id)).status).toBe('building');
  });

  test('when an artifact of the earlier run is gone', async () => {
    const first = await built();
    const artifact = Keys.artifact(first.artifact_ids[0] ?? '');
    await place.ports.table.write({ remove: artifact, when: { any: true } });

    expect((await create()).status).toBe('building');
  });

  test('when the earlier run failed', async () => {
    const run = await create();
    await planRun(place, run.id);
    await finish(place.ports, run.id);

    expect((await create()).status).toBe('building');
  });

  test('on another branch, when the manifest gives secrets to some branches only', async () => {
    const files = {
      'staithe.yaml': 'services: {web: {secrets: [{name: TOKEN, branches: [main]}]}}',
    };
    const first = await built({ files, git_ref: 'refs/heads/main' });

    expect((await create({ files, git_ref: 'refs/heads/main' })).reused_from).toBe(first.id);
    expect((await create({ files, git_ref: 'refs/heads/topic' })).status).toBe('building');
  });

  test('on a branch that other branches were built after, when each has secrets of its own', async () => {
    const files = { 'staithe.yaml': 'services: {web: {secrets: [{name: TOKEN, branches: [main]}]}}' };
    const first = await built({ files, git_ref: 'refs/heads/main' });
    const second = await built({ files, git_ref: 'refs/heads/topic' });

    const reused = [];
    for (const branch of ['main', 'topic', 'main'])
      reused.push((await create({ files, git_ref: `refs/heads/${branch}` })).reused_from);

    expect(reused).toEqual([first.id, second.id, first.id]);
  });

  test('when it is run again on purpose', async () => {
    const first = await built();
    const build = await Build.get(place.ports, ADMIN, first.build_id ?? '');

    const again = await Run.rerun(place.ports, ADMIN, build);
    await planRun(place, again.id);

    expect((await Run.get(place.ports, ADMIN, again.id)).status).toBe('building');
  });
});

test('a build that names another manifest is not answered with an earlier one', async () => {
  await built();
  const other = `sha256:${'0'.repeat(64)}`;

  const run = await create({ manifest_hash: other });
  await planRun(place, run.id);

  const ended = await Run.get(place.ports, ADMIN, run.id);
  expect(ended.error?.code).toBe('manifest_error');
  expect(ended.error?.message).toContain(other);
  expect(ended.error?.message).toMatch(/the source has sha256:(?!0{64})/);
});
