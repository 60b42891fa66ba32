import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../lib/domain/artifact/index.ts';
import { fail } from '../../lib/domain/execution/end/index.ts';
import * as Run from '../../lib/domain/execution/runs.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { ADMIN, completedBuild, refusal, STRANGER, startedBuild, ULID, type World, world } from './world.ts';

let place: World;
let build_id: string;
beforeEach(async () => {
  place = await world();
  build_id = (await completedBuild(place)).build.id;
});
type Names = { version?: string; tag?: string };
const cut = (names: Names, seed?: string, of = build_id) =>
  Release.create(place.ports, ADMIN, place.project, { build_id: of, ...names }, seed);
const resolve = (ref: string, actor = ADMIN) => Release.resolve(place.ports, actor, place.project, ref);

describe('cutting a release', () => {
  test('freezes the digests of the artifacts of the build', async () => {
    const release = await cut({ version: '1.0.0' });

    const [artifact] = (await Artifact.list(place.ports, [place.project], { limit: 10 })).items;
    expect(release.artifacts).toEqual([
      {
        service: 'web',
        name: 'web.zip',
        kind: 'file',
        artifact_id: artifact?.id,
        digest: artifact?.digest,
        size_bytes: artifact?.size_bytes,
      },
    ]);
    expect(release.manifest_hash).toMatch(/^sha256:/);
    expect(await Release.get(place.ports, ADMIN, release.id)).toEqual(release);
  });

  test('of a later run leaves the earlier release as it was', async () => {
    const first = await cut({ version: '1.0.0' });
    const other = await completedBuild(place, undefined, 'other bytes');

    const second = await cut({ version: '1.1.0' }, undefined, other.build.id);

    expect(second.artifacts[0]?.digest).not.toBe(first.artifacts[0]?.digest);
    expect(await resolve('1.0.0')).toEqual(first);
  });

  test('takes the newest completed run, also when a newer one failed or is at work', async () => {
    const build = { id: build_id, project_id: place.project.id };
    const again = await Run.rerun(place.ports, ADMIN, { ...(await buildOf()), ...build });
    const atWork = await cut({ version: '1.0.0' });
    await fail(place.ports, again.id, { code: 'build_error', message: 'x' });

    const failed = await cut({ version: '1.0.1' });

    expect([atWork.run_id, failed.run_id]).toEqual([failed.run_id, atWork.run_id]);
    expect(failed.run_id).not.toBe(again.id);
  });
  const buildOf = async () =>
    (await import('../../lib/domain/builds/index.ts')).get(place.ports, ADMIN, build_id);

  test('without a completed run is refused', async () => {
    const { build } = await startedBuild(place);

    expect(await refusal(cut({ version: '1.0.0' }, undefined, build.id))).toBe('nothing_to_release');
  });

  test('of a build of another project is not found', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    const call = Release.create(place.ports, ADMIN, other, { build_id, version: '1.0.0' });

    expect(await refusal(call)).toBe('not_found');
  });

  test('under a name that is taken is refused, and takes none of its names', async () => {
    await cut({ version: '1.0.0', tag: 'v1' });

    expect(await refusal(cut({ version: '1.0.0', tag: 'v2' }))).toBe('version_taken');
    expect(await refusal(cut({ version: '2.0.0', tag: 'v1' }))).toBe('tag_taken');
    expect(await refusal(resolve('v2'))).toBe('not_found');
    expect(await refusal(resolve('2.0.0'))).toBe('not_found');
    expect((await Release.list(place.ports, ADMIN, [place.project], { limit: 10 })).items).toHaveLength(1);
  });

  test('under one version by many at once makes one release', async () => {
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => cut({ version: '1.0.0' })));

    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('again by the repeat of a request gives the same release', async () => {
    const first = await cut({ version: '1.0.0', tag: 'v1' }, ULID);
    place.ports.clock.advance(1000);

    expect(await cut({ version: '1.0.0', tag: 'v1' }, ULID)).toEqual(first);
  });
});

describe('a release is found', () => {
  test('by id, version, tag and as the latest', async () => {
    const first = await cut({ version: '1.0.0', tag: 'stable' });
    const second = await cut({ tag: 'edge' });

    for (const ref of [first.id, '1.0.0', 'stable']) expect(await resolve(ref)).toEqual(first);
    for (const ref of [second.id, 'edge', 'latest']) expect(await resolve(ref)).toEqual(second);
  });

  test('in its own project only', async () => {
    const release = await cut({ version: '1.0.0' });
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });

    expect(await refusal(Release.resolve(place.ports, ADMIN, other, release.id))).toBe('not_found');
    expect(await refusal(Release.resolve(place.ports, ADMIN, other, 'latest'))).toBe('not_found');
    expect(await refusal(resolve(release.id, STRANGER))).toBe('not_found');
    expect(await refusal(Release.get(place.ports, STRANGER, release.id))).toBe('not_found');
  });
});
