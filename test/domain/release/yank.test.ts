import { beforeEach, describe, expect, test } from 'vitest';
import * as Release from '../../../lib/domain/release/index.ts';
import { Keys, Partitions } from '../../../lib/domain/storage/keys.ts';
import { deployable } from '../deploying.ts';
import { ADMIN, completedBuild, refusal, STRANGER, type World, world } from '../world.ts';

const REASON = { reason: 'Loses orders.' };

let place: World;
let build_id: string;
beforeEach(async () => {
  place = await world();
  build_id = (await completedBuild(place)).build.id;
});
const cut = (names: { version?: string; tag?: string }) =>
  Release.create(place.ports, ADMIN, place.project, { build_id, ...names });
const resolve = (ref: string) => Release.resolve(place.ports, ADMIN, place.project, ref);
const yank = (id: string, input = REASON) => Release.yank(place.ports, ADMIN, id, input);

describe('a yanked release', () => {
  test('says why, when and by whom, and is otherwise as it was', async () => {
    const release = await cut({ version: '1.0.0', tag: 'v1' });

    const yanked = await yank(release.id);

    const at = place.ports.clock.now().toISOString();
    expect(yanked).toEqual({ ...release, yanked: { ...REASON, at, by: ADMIN.token_id } });
    for (const ref of [release.id, '1.0.0', 'v1']) expect(await resolve(ref)).toEqual(yanked);
  });

  test('is neither the latest nor in a range', async () => {
    const first = await cut({ version: '1.0.0' });
    const second = await cut({ version: '1.1.0' });

    await yank(second.id);

    expect((await resolve('latest')).id).toBe(first.id);
    expect((await resolve('^1')).id).toBe(first.id);
    await yank(first.id);
    expect(await refusal(resolve('latest'))).toBe('not_found');
    expect(await refusal(resolve('^1'))).toBe('not_found');
  });

  test('keeps its version: nobody else gets it', async () => {
    await yank((await cut({ version: '1.0.0' })).id);

    expect(await refusal(cut({ version: '1.0.0' }))).toBe('version_taken');
  });

  test('keeps its first time when the yank is repeated, and takes another reason', async () => {
    const { id } = await cut({ version: '1.0.0' });
    const first = await yank(id);
    place.ports.clock.advance(1000);

    expect(await yank(id)).toEqual(first);
    expect((await yank(id, { reason: 'Loses all orders.' })).yanked?.reason).toBe('Loses all orders.');
  });

  test('is as before once the yank is taken back', async () => {
    const release = await cut({ version: '1.0.0' });
    await yank(release.id);

    const restored = await Release.unyank(place.ports, ADMIN, release.id);

    expect(restored).toEqual(release);
    for (const ref of ['latest', '1.x']) expect(await resolve(ref)).toEqual(release);
  });

  test('is yanked by nobody of another project', async () => {
    const { id } = await cut({ version: '1.0.0' });

    expect(await refusal(Release.yank(place.ports, STRANGER, id, REASON))).toBe('not_found');
    expect(await refusal(Release.unyank(place.ports, STRANGER, id))).toBe('not_found');
  });

  test('cannot be deployed', async () => {
    const scene = await deployable();
    const release = await scene.release('built');
    await Release.yank(scene.place.ports, ADMIN, release.id, REASON);

    expect(await refusal(scene.deploy(release.id))).toBe('release_yanked');
    expect((await scene.environment()).active_deployment_id).toBeUndefined();
  });
});

describe('yanks and creations at the same moment', () => {
  test('leave the newest release that is not yanked as the latest', async () => {
    const made = await Promise.all(['1.0.0', '1.0.1', '1.0.2', '1.0.3'].map((version) => cut({ version })));
    const [, second, third, fourth] = made.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    if (!second || !third || !fourth) throw new Error('Four releases were made.');

    await Promise.all([
      ...[fourth, third, fourth].map(({ id }) => yank(id)),
      cut({ version: '0.9.0' }).then(({ id }) => yank(id)),
    ]);

    expect((await resolve('latest')).id).toBe(second.id);
  });
});

describe('releases of an older version, which have no entries', () => {
  beforeEach(async () => {
    for (const version of ['1.0.0', '1.2.0', '2.0.0-rc.1', '1.1.0']) await cut({ version });
    const { table } = place.ports;
    const { items } = await table.query({ partition: Partitions.releases(place.project.id), limit: 100 });
    for (const { entity, pk, sk } of items)
      if (entity === 'release_entry') await table.write({ remove: { pk, sk }, when: { any: true } });
  });

  test('are found as the latest and by ranges', async () => {
    expect((await resolve('latest')).version).toBe('1.1.0');
    expect((await resolve('^1')).version).toBe('1.2.0');
    expect((await resolve('>=2.0.0-0')).version).toBe('2.0.0-rc.1');
  });

  test('are found when the newer ones are yanked', async () => {
    const { id } = await cut({ version: '1.3.0' });
    await yank(id);
    await yank((await resolve('1.2.0')).id);

    expect((await resolve('latest')).version).toBe('1.1.0');
    expect((await resolve('^1')).version).toBe('1.1.0');
  });

  test('get their entries once', async () => {
    await resolve('^1');
    const { table } = place.ports;
    const release = await table.get(Keys.release((await resolve('1.0.0')).id));

    await resolve('^1');

    expect((await table.get(Keys.release(String(release?.id))))?.revision).toBe(release?.revision);
  });
});
