import { beforeEach, expect, test } from 'vitest';
import * as Release from '../../lib/domain/release/index.ts';
import { ADMIN, completedBuild, refusal, type World, world } from './world.ts';

let place: World;
let build_id: string;
beforeEach(async () => {
  place = await world();
  build_id = (await completedBuild(place)).build.id;
});
const cut = (names: { version?: string; tag?: string }) =>
  Release.create(place.ports, ADMIN, place.project, { build_id, ...names });
const resolve = (ref: string) => Release.resolve(place.ports, ADMIN, place.project, ref);

test('a tag cannot hide the version of another release: what was tested as 1.0.0 is what 1.0.0 deploys', async () => {
  const tested = await cut({ version: '1.0.0' });

  const refused = await refusal(cut({ tag: '1.0.0' }));

  expect(refused).toBe('tag_taken');
  expect((await resolve('1.0.0')).id).toBe(tested.id);
});

test('a version cannot hide the tag of another release', async () => {
  const tested = await cut({ tag: '1.0.0' });

  expect(await refusal(cut({ version: '1.0.0' }))).toBe('version_taken');
  expect((await resolve('1.0.0')).id).toBe(tested.id);
});

test('one release may have the same text as its version and its tag', async () => {
  const both = await cut({ version: '1.0.0', tag: '1.0.0' });

  expect((await resolve('1.0.0')).id).toBe(both.id);
});
