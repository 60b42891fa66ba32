/** What holds an artifact that a user has brought. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Posted from '../../lib/domain/artifact/posted.ts';
import { artifacts } from '../../lib/domain/artifact/record.ts';
import * as Upload from '../../lib/domain/artifact/upload.ts';
import { remove } from '../../lib/domain/artifact/use.ts';
import { ConditionFailed } from '../../lib/domain/ports/table.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { CreateRelease } from '../../lib/domain/release/schema.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { BYTES, uploading } from './uploading.ts';
import { ADMIN, completedBuild, refusal, ULID, type World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof uploading>>;
beforeEach(async () => {
  scene = await uploading();
  ({ place } = scene);
});

describe('what a release has', () => {
  const cut = (named: Record<string, string>, version: string) =>
    Release.create(place.ports, ADMIN, place.project, { artifacts: named, version });
  const uploaded = async (bytes = BYTES) => (await scene.receive((await scene.create()).id, bytes)).id;

  test('is frozen under the services that were named, beside or instead of those of a build', async () => {
    const { build } = await completedBuild(place, 'services:\n  web: {}\n  api: {}\n');
    const id = await uploaded();

    const release = await Release.create(place.ports, ADMIN, place.project, {
      build_id: build.id,
      artifacts: { api: id, extra: id },
      version: '1.0.0',
    });

    expect(release.artifacts.map(({ service, name }) => `${service} ${name}`)).toEqual([
      'api app.bin',
      'extra app.bin',
      'web web.zip',
    ]);
    expect(release).toMatchObject({ build_id: build.id, manifest_hash: expect.any(String) });
  });

  test('cannot be deleted, and what was deleted cannot be released', async () => {
    const [kept, gone] = [await uploaded(), await uploaded()];
    const release = await cut({ web: kept }, '1.0.0');
    await cut({ web: kept }, '1.1.0');
    await remove(place.ports, ADMIN, gone);

    const problem = await remove(place.ports, ADMIN, kept).catch((error: unknown) => error);

    expect(problem).toMatchObject({
      code: 'artifact_in_use',
      message: `Release ${release.id} has artifact ${kept}.`,
    });
    expect(await refusal(cut({ web: gone }, '1.2.0'))).toBe('not_found');
    expect(await refusal(remove(place.ports, ADMIN, gone))).toBe('not_found');
    expect((await scene.get(kept)).status).toBe('stored');
  });

  test('and what is deleted at the same moment: one of the two happens', async () => {
    for (let round = 0; round < 20; round++) {
      const id = await uploaded();
      const [released, removed] = await Promise.allSettled([
        cut({ web: id }, `1.0.${round}`),
        remove(place.ports, ADMIN, id),
      ]);

      expect([released.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
      const left = await artifacts.get(place.ports.table, Keys.artifact(id));
      expect(left === undefined).toBe(removed.status === 'fulfilled');
    }
  });

  test('two releases at once may have the same upload', async () => {
    const id = await uploaded();
    const { table } = place.ports;
    let raced = false;
    const ports = {
      ...place.ports,
      table: {
        ...table,
        transact: async (writes: Parameters<typeof table.transact>[0]) => {
          if (!raced) {
            raced = true;
            await cut({ web: id }, '1.0.0'); // claims the upload between the look and the write
          }
          await table.transact(writes);
        },
      },
    };

    const second = await Release.create(ports, ADMIN, place.project, {
      artifacts: { web: id },
      version: '1.1.0',
    });

    expect(second.version).toBe('1.1.0');
    await expect(
      table.write({ put: { ...Keys.artifactUse(id), entity: 'x', revision: 1 }, when: { absent: true } }),
    ).rejects.toThrow(ConditionFailed);
  });

  test.each<[string, unknown, boolean]>([
    ['a build', { build_id: `bld_${ULID}`, tag: 't' }, true],
    ['an artifact', { artifacts: { web: `art_${ULID}` }, tag: 't' }, true],
    ['both', { build_id: `bld_${ULID}`, artifacts: { web: `art_${ULID}` }, tag: 't' }, true],
    ['neither', { tag: 't' }, true],
    ['nothing', {}, true],
    ['no artifact at all', { artifacts: {}, tag: 't' }, false],
    ['a service that is no name', { artifacts: { 'We b': `art_${ULID}` }, tag: 't' }, false],
    ['an id of something else', { artifacts: { web: `bld_${ULID}` }, tag: 't' }, false],
    ['a list', { artifacts: [`art_${ULID}`], tag: 't' }, false],
    [
      'more than 50',
      {
        artifacts: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`s${at}`, `art_${ULID}`])),
        tag: 't',
      },
      false,
    ],
  ])('may be named as %s', (_, body, allowed) => {
    expect(CreateRelease.safeParse(body).success).toBe(allowed);
  });

  test('is stored, of this project, and known', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    const theirs = await Upload.create(place.ports, ADMIN, other, {
      name: 'a',
      content_type: 'a/b',
    });
    await Posted.receive(place.ports, ADMIN, theirs.id, BYTES);

    expect(await refusal(cut({ web: (await scene.create()).id }, '1.0.0'))).toBe('artifact_not_stored');
    expect(await refusal(cut({ web: theirs.id }, '1.0.0'))).toBe('not_found');
    expect(await refusal(cut({ web: `art_${ULID}` }, '1.0.0'))).toBe('not_found');
  });
});

test('a project that has uploads is not deleted', async () => {
  const { id } = await scene.create();
  await scene.receive(id);

  expect(await refusal(Project.remove(place.ports, ADMIN, 'hello'))).toBe('project_not_empty');

  await remove(place.ports, ADMIN, id);
  place.ports.clock.advance(3 * 60_000);
  await Project.remove(place.ports, ADMIN, 'hello');
});
