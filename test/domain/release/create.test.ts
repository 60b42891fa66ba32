/** What a release is created from, and under which version. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TokenActor } from '../../../lib/domain/access/actor.ts';
import * as Artifact from '../../../lib/domain/artifact/index.ts';
import { artifacts } from '../../../lib/domain/artifact/record.ts';
import { remove } from '../../../lib/domain/artifact/use.ts';
import * as Build from '../../../lib/domain/builds/index.ts';
import { builds } from '../../../lib/domain/execution/model/build-record.ts';
import { RegistryError } from '../../../lib/domain/ports/registry.ts';
import * as Release from '../../../lib/domain/release/index.ts';
import { CreateRelease } from '../../../lib/domain/release/schema.ts';
import { BlobKeys, Keys } from '../../../lib/domain/storage/keys.ts';
import { imageOf } from '../ports/registry.contract.ts';
import { ADMIN, completedBuild, refusal, startedBuild, ULID, type World, world } from '../world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});
const create = (input: unknown, actor: TokenActor = ADMIN, seed?: string) =>
  Release.create(place.ports, actor, place.project, CreateRelease.parse(input), seed);

/** Pushes an image as a job does. @returns its digest */
function pushed(service: string, layer = 'layer'): string {
  const repository = `staithe/hello/${service}`;
  const image = imageOf({ platform: { os: 'linux', architecture: 'arm64' }, layers: [layer] });
  for (const blob of image.blobs) place.ports.registry.putBlob(repository, blob);
  return place.ports.registry.putManifest(repository, image.text, image.mediaType);
}

describe('a release of nothing that is named', () => {
  test('is of the newest completed build', async () => {
    await completedBuild(place, undefined, 'older');
    const { build } = await completedBuild(place, undefined, 'newer');
    await startedBuild(place);

    expect((await create({})).build_id).toBe(build.id);
  });

  test('is never of a build of a fork', async () => {
    const { build: own } = await completedBuild(place, undefined, 'own');
    const { build: fork } = await completedBuild(place, undefined, 'fork');
    await builds.update(place.ports.table, Keys.build(fork.id), (build) => ({ ...build, trust: 'fork' }));

    expect((await create({})).build_id).toBe(own.id);
  });

  test('is refused when no build has completed', async () => {
    await startedBuild(place);

    expect(await refusal(create({}))).toBe('nothing_to_release');
  });

  test('needs no name: its id is one', async () => {
    const { build } = await completedBuild(place);

    const release = await create({});

    expect([release.version, release.tag]).toEqual([undefined, undefined]);
    for (const ref of [release.id, 'latest'])
      expect((await Release.resolve(place.ports, ADMIN, place.project, ref)).build_id).toBe(build.id);
  });
});

describe('the next version', () => {
  beforeEach(() => completedBuild(place));

  test.each([
    ['of a project without any is after 0.0.0', [], ['0.0.1', '0.1.0', '1.0.0']],
    ['is after the highest, not the last', ['1.10.0', '1.9.9'], ['1.10.1', '1.11.0', '2.0.0']],
    ['is the release that a prerelease leads to', ['2.0.0-rc.1'], ['2.0.0', '2.0.0', '2.0.0']],
    ['goes on from 99 to 100', ['0.0.99'], ['0.0.100', '0.1.0', '1.0.0']],
  ])('%s', async (_, versions, [patch, minor, major]) => {
    for (const version of versions) await create({ version });
    const next = { patch, minor, major };

    for (const [bump, version] of Object.entries(next)) {
      const release = await create({ bump });
      expect([bump, release.version]).toEqual([bump, version]);
      const { table } = place.ports;
      for (const { pk, sk, release_id } of table.all())
        if (release_id === release.id) await table.write({ remove: { pk, sk }, when: { any: true } });
    }
  });

  test('is after a yanked one too', async () => {
    const { id } = await create({ version: '1.4.0' });
    await Release.yank(place.ports, ADMIN, id, { reason: 'x' });

    expect((await create({ bump: 'minor' })).version).toBe('1.5.0');
  });

  test('is the same for the repeat of a request', async () => {
    const first = await create({ bump: 'patch' }, ADMIN, ULID);

    expect(await create({ bump: 'patch' }, ADMIN, ULID)).toEqual(first);
  });

  test('is refused with its name when it is the tag of another release', async () => {
    await create({ tag: '0.0.1' });

    await expect(create({ bump: 'patch' })).rejects.toMatchObject({
      code: 'version_taken',
      message: expect.stringContaining('0.0.1, which is the tag of a release'),
    });
  });

  test('is not to be had together with a version', () => {
    expect(CreateRelease.safeParse({ version: '1.0.0', bump: 'patch' }).error?.issues[0]?.path).toEqual([
      'bump',
    ]);
  });
});

describe('a hotfix', () => {
  const tokenOf = (role: TokenActor['role']): TokenActor => ({ ...ADMIN, role });
  beforeEach(() => completedBuild(place));

  test('is marked as one by a deployer', async () => {
    expect((await create({ hotfix: true }, tokenOf('deployer'))).hotfix).toBe(true);
    expect((await create({}, tokenOf('developer'))).hotfix).toBe(false);
  });

  test('is refused to a developer', async () => {
    expect(await refusal(create({ hotfix: true }, tokenOf('developer')))).toBe('role_too_low');
  });
});

describe('images that are named by their digests', () => {
  test('become artifacts, as the registry describes them', async () => {
    const digest = pushed('web');

    const release = await create({ image_digests: { web: digest }, notes: 'First.' });

    const [frozen] = release.artifacts;
    expect(release).toMatchObject({
      notes: 'First.',
      artifacts: [{ service: 'web', kind: 'image', digest }],
    });
    expect(await Artifact.get(place.ports, ADMIN, frozen?.artifact_id ?? '')).toMatchObject({
      origin: 'registry',
      status: 'stored',
      service: 'web',
      size_bytes: frozen?.size_bytes,
      image: { ref: `registry.test/staithe/hello/web@${digest}`, platforms: ['linux/arm64'] },
    });
    expect(await refusal(remove(place.ports, ADMIN, frozen?.artifact_id ?? ''))).toBe('artifact_in_use');
  });

  test('may be of a repository with another name than the service', async () => {
    const digest = pushed('shop-web');

    const release = await create({ image_digests: { web: `shop-web@${digest}` } });

    expect(release.artifacts).toMatchObject([{ service: 'web', name: 'shop-web', digest }]);
  });

  test('stand for those of the build', async () => {
    const { build } = await completedBuild(place, 'services:\n  web: {}\n  api: {}\n');
    const digest = pushed('web');

    const release = await create({ build_id: build.id, image_digests: { web: digest } });

    expect(release.artifacts.map(({ service, kind }) => `${service} ${kind}`)).toEqual([
      'api file',
      'web image',
    ]);
  });

  test('are refused when the registry does not hold them, or another project does', async () => {
    const digest = pushed('web');

    expect(await refusal(create({ image_digests: { api: digest } }))).toBe('image_unknown');
    expect(CreateRelease.safeParse({ image_digests: { web: `../other/web@${digest}` } }).success).toBe(false);
  });

  test('are not to be had for a service that has an artifact too, nor more than 50', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`s${at}`, digest]));

    const both = CreateRelease.safeParse({
      artifacts: { web: `art_${ULID}` },
      image_digests: { web: digest },
    });
    expect(both.error?.issues[0]?.path).toEqual(['image_digests', 'web']);
    expect(CreateRelease.safeParse({ image_digests: many }).success).toBe(false);
  });

  test('are taken again by the repeat of a request', async () => {
    const input = { image_digests: { web: pushed('web') } };
    const first = await create(input, ADMIN, ULID);

    expect(await create(input, ADMIN, ULID)).toEqual(first);
  });

  test('wait for a registry that is away', async () => {
    const digest = pushed('web');
    place.ports.registry.failure = new RegistryError('away', true);

    expect(await refusal(create({ image_digests: { web: digest } }))).toBe('registry_unavailable');
  });
});

describe('what a release freezes exists:', () => {
  test('a file whose bytes are gone or are others is refused by its name', async () => {
    const { build } = await completedBuild(place, 'services:\n  web: {}\n  api: {}\n');
    const [api] = await Artifact.byIds(place.ports, (await ofBuild(build.id)).artifact_ids);
    const key = BlobKeys.artifact(place.project.id, String(api?.digest).slice('sha256:'.length));
    const refused = {
      code: 'artifact_not_stored',
      message: expect.stringContaining('api.zip of api (sha256:'),
    };

    place.ports.blobs.place(key, Buffer.from('other bytes'));
    await expect(create({ build_id: build.id })).rejects.toMatchObject(refused);
    await place.ports.blobs.remove(key);
    await expect(create({ build_id: build.id })).rejects.toMatchObject(refused);

    expect((await Release.list(place.ports, ADMIN, [place.project], { limit: 1 })).items).toEqual([]);
  });
  const ofBuild = async (id: string) => {
    const run = await Build.runOf(place.ports, ADMIN, id);
    if (run === undefined) throw new Error('The build has no run.');
    return run;
  };

  test('an image that has expired is refused by its name', async () => {
    const { build } = await completedBuild(place);
    const digest = pushed('web');
    const made = await create({ image_digests: { web: digest } });
    const id = made.artifacts[0]?.artifact_id ?? '';
    // As a job records it.
    await artifacts.update(place.ports.table, Keys.artifact(id), (artifact) => ({
      ...artifact,
      origin: 'build',
    }));
    expect((await create({ build_id: build.id, artifacts: { app: id } })).artifacts).toHaveLength(2);

    place.ports.registry.removeManifest('staithe/hello/web', digest);

    await expect(create({ artifacts: { app: id } })).rejects.toMatchObject({
      code: 'image_unknown',
      message: expect.stringContaining(`web of app (${digest})`),
    });
  });
});
