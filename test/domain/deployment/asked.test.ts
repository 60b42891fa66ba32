/** What a deployment can be asked for beside a release by its name: a commit, artifacts, images, the newest build. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TokenActor } from '../../../lib/domain/access/actor.ts';
import * as Posted from '../../../lib/domain/artifact/posted.ts';
import * as Upload from '../../../lib/domain/artifact/upload.ts';
import type { CreateBuild } from '../../../lib/domain/builds/schema.ts';
import { CreateDeployment, PlanDeployment } from '../../../lib/domain/deployment/asked.ts';
import * as Deployment from '../../../lib/domain/deployment/index.ts';
import { plan } from '../../../lib/domain/deployment/plan.ts';
import { runs } from '../../../lib/domain/execution/model/run-record.ts';
import { ofImages } from '../../../lib/domain/release/candidate.ts';
import * as Release from '../../../lib/domain/release/index.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { runDeployment } from '../../workflows/deployment.ts';
import { deployable, TARGET } from '../deploying.ts';
import { imageOf } from '../ports/registry.contract.ts';
import { ADMIN, completedBuild, refusal, TWO_SERVICES, ULID, type World } from '../world.ts';

const SHA = 'abcdef0'.padEnd(40, '1');
/** Begins as SHA does. */
const ALIKE = 'abcdef0'.padEnd(40, '2');

let place: World;
let scene: Awaited<ReturnType<typeof deployable>>;
beforeEach(async () => {
  scene = await deployable();
  ({ place } = scene);
});

const deploy = (body: unknown, { actor = ADMIN, seed }: { actor?: TokenActor; seed?: string } = {}) =>
  Deployment.create(place.ports, actor, place.project, 'test', CreateDeployment.parse(body), seed);
const planned = (body: unknown) =>
  plan(place.ports, ADMIN, place.project, 'test', PlanDeployment.parse(body));
const released = async () => (await Release.list(place.ports, ADMIN, [place.project], { limit: 50 })).items;

async function built(text: string, input: Partial<CreateBuild> = {}, manifest?: string) {
  const { build } = await completedBuild(place, manifest, text, input);
  const run = (await runs.get(place.ports.table, Keys.run(build.latest_run?.id ?? '')))?.value;
  const [artifact = ''] = run?.artifact_ids ?? [];
  return { build, artifact, hash: String(run?.manifest_hash), all: run?.artifact_ids ?? [] };
}

async function upload(name: string, content_type = 'application/zip') {
  const { ports, project } = place;
  const { id } = await Upload.create(ports, ADMIN, project, { name, content_type });
  return Posted.receive(ports, ADMIN, id, Buffer.from('bytes'));
}

describe('a commit and its manifest', () => {
  test.each([
    ['in full', SHA],
    ['by its first 7 digits', SHA.slice(0, 7)],
  ])('%s name the newest release of both that is not yanked', async (_, git_sha) => {
    const { build, hash } = await built('one', { git_sha: SHA });
    const [older, yanked] = [await release(build.id), await release(build.id)];
    await Release.yank(place.ports, ADMIN, yanked.id, { reason: 'Bad.' });

    const deployment = await deploy({ git_sha, manifest_hash: hash });

    expect(deployment.release_id).toBe(older.id);
    expect(await refusal(deploy({ git_sha, manifest_hash: `sha256:${'0'.repeat(64)}` }))).toBe('not_found');
  });

  test('without a release are refused with the build that could be released', async () => {
    const { build, hash } = await built('one', { git_sha: SHA });

    const refused = deploy({ git_sha: SHA, manifest_hash: hash });

    await expect(refused).rejects.toMatchObject({
      code: 'not_found',
      remedy: expect.stringContaining(`staithe release create --build ${build.id}`),
    });
    expect(await released()).toEqual([]);
  });

  test('with direct become a release: one, however many ask', async () => {
    const { build, hash } = await built('one', { git_sha: SHA });
    await scene.put({ target: TARGET, concurrency: 'queue' });
    const body = { git_sha: SHA.slice(0, 9), manifest_hash: hash, direct: true };

    const all = await Promise.all(Array.from({ length: 4 }, () => deploy(body)));

    const [only, ...others] = await released();
    expect(others).toEqual([]);
    expect(only).toMatchObject({ build_id: build.id, git_sha: SHA, manifest_hash: hash });
    expect(new Set(all.map(({ release_id }) => release_id))).toEqual(new Set([only?.id]));
  });

  test('are ambiguous when several commits begin so', async () => {
    const { hash } = await built('one', { git_sha: SHA });
    await built('two', { git_sha: ALIKE });
    const body = { git_sha: SHA.slice(0, 7), manifest_hash: hash };
    expect(await refusal(deploy({ ...body, direct: true }))).toBe('commit_ambiguous');

    for (const git_sha of [SHA, ALIKE]) {
      await deploy({ ...body, git_sha, direct: true }).then(({ id }) => runDeployment(place.ports, id));
    }

    expect(await refusal(deploy(body))).toBe('commit_ambiguous');
  });

  test('of a fork are not released', async () => {
    const { hash } = await built('one', { git_sha: SHA, trust: 'fork' });

    expect(await refusal(deploy({ git_sha: SHA, manifest_hash: hash, direct: true }))).toBe('not_found');
  });
});

describe('artifacts', () => {
  test('name the release that holds just these, by ids and by digests', async () => {
    const { build, all } = await built('one', {}, TWO_SERVICES);
    await scene.put({ target: TARGET, service: 'api' });
    const whole = await release(build.id);

    const { release_id, digest } = await deploy({ artifacts: all });
    await runDeployment(place.ports, (await scene.environment()).active_deployment_id ?? '');
    const one = await deploy({ artifacts: [digest] });

    expect(release_id).toBe(whole.id);
    expect(one.release_id).not.toBe(whole.id);
    expect(one).toMatchObject({ service: 'api', digest });
    expect((await Release.get(place.ports, ADMIN, one.release_id)).artifacts).toHaveLength(1);
  });

  test('become one release for the repeat of a request, and for another request', async () => {
    const { artifact } = await built('one');
    const first = await deploy({ artifacts: [artifact] }, { seed: ULID });
    const repeated = await deploy({ artifacts: [artifact] }, { seed: ULID });
    await runDeployment(place.ports, first.id);

    const other = await deploy({ artifacts: [artifact] });

    expect(repeated.id).toBe(first.id);
    expect(other.id).not.toBe(first.id);
    expect((await released()).map(({ id }) => id)).toEqual([other.release_id]);
  });

  test('of a release that was yanked are deployed no more', async () => {
    const { artifact } = await built('one');
    const { id, release_id } = await deploy({ artifacts: [artifact] });
    await runDeployment(place.ports, id);
    await Release.yank(place.ports, ADMIN, release_id, { reason: 'Bad.' });

    expect(await refusal(deploy({ artifacts: [artifact] }))).toBe('release_yanked');
  });

  test('that were uploaded stand for the service of the environment', async () => {
    const { id } = await upload('bundle.zip');
    await scene.put({ target: TARGET, service: 'api' });

    expect((await deploy({ artifacts: [id] })).service).toBe('api');
  });

  test('that could not be deployed leave no release', async () => {
    const { id } = await upload('bundle.zip', 'text/plain');

    expect(await refusal(deploy({ artifacts: [id] }))).toBe('artifact_not_deployable');
    expect(await refusal(deploy({ artifacts: [`art_${ULID}`] }))).toBe('not_found');
    expect(await released()).toEqual([]);
  });

  test('are released only by a developer', async () => {
    const { artifact } = await built('one');
    const { id: project_id, slug: project } = place.project;
    const grants = [{ project_id, project, environment: 'test', role: 'deployer' as const }];
    const { role: _, ...nameless } = ADMIN;
    const actor = { ...nameless, grants };
    expect(await refusal(deploy({ artifacts: [artifact] }, { actor }))).toBe('role_too_low');

    const first = await deploy({ artifacts: [artifact] });
    await runDeployment(place.ports, first.id);

    expect((await deploy({ artifacts: [artifact] }, { actor })).release_id).toBe(first.release_id);
  });
});

describe('direct alone', () => {
  test('deploys the newest completed build', async () => {
    await built('older');
    const { build } = await built('newer');

    const { id, release_id } = await deploy({ direct: true });
    await runDeployment(place.ports, id);

    expect((await Release.get(place.ports, ADMIN, release_id)).build_id).toBe(build.id);
    expect((await deploy({ direct: true })).release_id).toBe(release_id);
  });
});

test('a plan of what has no release yet creates nothing', async () => {
  const { artifact } = await built('one');

  const shown = await planned({ artifacts: [artifact] });

  expect(shown).toMatchObject({ outcome: 'begin', artifact_id: artifact });
  expect(shown.release_id).toBeUndefined();
  expect(shown.changes).toContainEqual({ field: 'release', change: 'added', after: 'new' });
  expect(await released()).toEqual([]);
});

test.each([
  ['nothing', {}, 'release'],
  ['two', { release: 'latest', artifacts: [`art_${ULID}`] }, 'artifacts'],
  ['a commit without its manifest', { git_sha: SHA }, 'manifest_hash'],
  ['direct with a release', { release: 'latest', direct: true }, 'direct'],
  ['nothing directly', { direct: false }, 'release'],
])('a request that names %s is refused by the field', (_, body, field) => {
  const { error } = CreateDeployment.safeParse(body);

  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});

const release = (build_id: string) => Release.create(place.ports, ADMIN, place.project, { build_id });

test('images name the release that holds just these, or the one that is made of them', async () => {
  const repository = 'staithe/hello/web';
  const image = imageOf({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['layer'] });
  for (const blob of image.blobs) place.ports.registry.putBlob(repository, blob);
  const web = place.ports.registry.putManifest(repository, image.text, image.mediaType);
  const find = () => ofImages(place.ports, { actor: ADMIN, project: place.project }, { web });

  const [made, again] = await Promise.all([find(), find()].map(async (found) => (await found).record?.()));

  expect(made).toMatchObject({ artifacts: [{ service: 'web', digest: web }] });
  expect([again?.id, (await find()).release.id]).toEqual([made?.id, made?.id]);
  expect((await find()).record).toBeUndefined();
});
