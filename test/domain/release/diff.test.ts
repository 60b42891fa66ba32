/** What differs between two releases. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Posted from '../../../lib/domain/artifact/posted.ts';
import * as Upload from '../../../lib/domain/artifact/upload.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import * as Release from '../../../lib/domain/release/index.ts';
import { releases } from '../../../lib/domain/release/record.ts';
import { Keys, Partitions } from '../../../lib/domain/storage/keys.ts';
import { ADMIN, completedBuild, refusal, type World, world } from '../world.ts';

const SHAS = [
  '3f786850e387550fdab836ed7e6dc881de23001b',
  '89e6c98d92887913cadf06b2adb97f26cde4849b',
] as const;

let place: World;
beforeEach(async () => {
  place = await world();
});

async function cut(manifest: string, text: string, version: string, git_sha?: string) {
  const { build } = await completedBuild(place, manifest, text);
  const release = await Release.create(place.ports, ADMIN, place.project, { build_id: build.id, version });
  // As of a build of a commit.
  await releases.update(place.ports.table, Keys.release(release.id), (value) => ({ ...value, git_sha }));
  return release;
}
const diff = (from: string, to: string, gitHost = 'https://api.github.com') =>
  Release.diff(place.ports, ADMIN, place.project, { from, to }, gitHost);

describe('the difference of two releases', () => {
  test('has what was added, removed, changed and left of the artifacts, by digest', async () => {
    await cut('services: {api: {}, web: {}, worker: {}}', 'one', '1.0.0');
    await cut('services: {api: {}, new: {}, web: {}}', 'one', '1.1.0');

    const { artifacts, from, to } = await diff('1.0.0', 'latest');

    const names = (list: readonly { service: string }[]) => list.map(({ service }) => service);
    expect([from.version, to.version]).toEqual(['1.0.0', '1.1.0']);
    // The fixture's bytes name the place of the job: those of api are the same.
    expect(names(artifacts.added)).toEqual(['new']);
    expect(names(artifacts.removed)).toEqual(['worker']);
    expect(names(artifacts.unchanged)).toEqual(['api']);
    expect(artifacts.changed).toMatchObject([
      { service: 'web', name: 'web.zip', from: { size_bytes: 5 }, to: { size_bytes: 5 } },
    ]);
    expect(artifacts.changed[0]?.from.digest).not.toBe(artifacts.changed[0]?.to.digest);
  });

  test('has the members of the manifests that differ', async () => {
    await cut('services: {web: {timeout: 5m, commands: [make]}}', 'one', '1.0.0');
    await cut('services: {web: {commands: [make, make test]}, api: {}}', 'two', '1.1.0');

    expect((await diff('1.0.0', '1.1.0')).manifest).toEqual({
      is_same: false,
      changes: [
        { path: ['services', 'api'], change: 'added', to: {} },
        {
          path: ['services', 'web', 'commands'],
          change: 'changed',
          from: ['make'],
          to: ['make', 'make test'],
        },
        { path: ['services', 'web', 'timeout'], change: 'removed', from: 300 },
      ],
    });
  });

  test('of one manifest, and of the same release, is none', async () => {
    await cut('services: {web: {}}', 'one', '1.0.0', SHAS[0]);
    await cut('services: {web: {}}', 'two', '1.1.0', SHAS[0]);

    expect((await diff('1.0.0', '1.1.0')).manifest).toEqual({ is_same: true, changes: [] });
    const { artifacts, commits } = await diff('1.0.0', '1.0.0');
    expect(commits).toEqual({ is_same: true });
    expect([artifacts.added, artifacts.removed, artifacts.changed].flat()).toEqual([]);
  });

  test('says that a manifest is not stored any more', async () => {
    await cut('services: {web: {}}', 'one', '1.0.0');
    await cut('services: {web: {}, api: {}}', 'two', '1.1.0');
    const { table } = place.ports;
    const { items } = await table.query({ partition: Partitions.manifests(place.project.id), limit: 100 });
    for (const { pk, sk } of items) await table.write({ remove: { pk, sk }, when: { any: true } });

    expect((await diff('1.0.0', '1.1.0')).manifest).toEqual({ is_same: false, changes: null });
  });

  test.each([
    ['https://api.github.com', 'https://github.com/acme/hello'],
    ['https://git.example.com/api/v3', 'https://git.example.com/acme/hello'],
  ])('leads from %s to the comparison of the commits', async (gitHost, repository) => {
    await cut('services: {web: {}}', 'one', '1.0.0', SHAS[0]);
    await cut('services: {web: {}}', 'two', '1.1.0', SHAS[1]);

    expect((await diff('1.0.0', '1.1.0', gitHost)).commits).toEqual({
      is_same: false,
      url: `${repository}/compare/${SHAS[0]}...${SHAS[1]}`,
    });
  });

  test('of an uploaded artifact knows neither commit nor manifest', async () => {
    await cut('services: {web: {}}', 'one', '1.0.0', SHAS[0]);
    const input = { name: 'web.zip', content_type: 'application/zip' };
    const { id } = await Upload.create(place.ports, ADMIN, place.project, input);
    await Posted.receive(place.ports, ADMIN, id, Buffer.from('other bytes'));
    await Release.create(place.ports, ADMIN, place.project, { artifacts: { web: id }, version: '1.1.0' });

    expect(await diff('1.0.0', '1.1.0')).toMatchObject({
      commits: { is_same: null },
      artifacts: { changed: [{ service: 'web' }] },
      manifest: { is_same: null, changes: null },
    });
  });

  test('with a release of another project is not found', async () => {
    const { id } = await cut('services: {web: {}}', 'one', '1.0.0');
    const project = await Project.create(place.ports, ADMIN, { slug: 'other' });
    const call = Release.diff(place.ports, ADMIN, project, { from: id, to: id }, 'https://api.github.com');

    expect(await refusal(call)).toBe('not_found');
  });
});
