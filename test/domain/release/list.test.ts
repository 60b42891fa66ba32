/** Which releases a list has, and in which order. */
import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import rsort from 'semver/functions/rsort.js';
import satisfies from 'semver/functions/satisfies.js';
import { beforeEach, describe, expect, test } from 'vitest';
import * as Build from '../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../lib/domain/builds/schema.ts';
import { finish } from '../../../lib/domain/execution/end/index.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import * as Release from '../../../lib/domain/release/index.ts';
import type { ReleaseFilter } from '../../../lib/domain/release/list.ts';
import type { Release as ReleaseValue } from '../../../lib/domain/release/schema.ts';
import { Partitions } from '../../../lib/domain/storage/keys.ts';
import {
  ADMIN,
  builtJob,
  completedBuild,
  planRun,
  refusal,
  uploadedSource,
  type World,
  world,
} from '../world.ts';
import { anyRange, anyVersion } from './versions.ts';

const SHA = '3f786850e387550fdab836ed7e6dc881de23001b';
const OTHER_SHA = '89e6c98d92887913cadf06b2adb97f26cde4849b';

let place: World;
beforeEach(async () => {
  place = await world();
});

/** A completed build of a commit, or of none. */
async function buildOf(git_sha?: string): Promise<string> {
  if (git_sha === undefined) return (await completedBuild(place)).build.id;
  const source_id = await uploadedSource(place);
  const input = CreateBuild.parse({ source_id, git_sha, force_rebuild: true });
  const build = await Build.create(place.ports, ADMIN, place.project, input);
  const run = build.latest_run?.id ?? '';
  for (const dispatch of (await planRun(place, run)).jobs) await builtJob(place, dispatch);
  await finish(place.ports, run);
  return build.id;
}

/** Releases by the names that tests have for them. */
async function furnish() {
  const [commit, other, none] = [await buildOf(SHA), await buildOf(OTHER_SHA), await buildOf()];
  const cut = async (build_id: string, names: { version?: string; tag?: string }) => {
    place.ports.clock.advance(1000);
    return Release.create(place.ports, ADMIN, place.project, { build_id, ...names });
  };
  await cut(commit, { version: '1.0.0', tag: 'v1.0.0' });
  await cut(other, { version: '1.10.0', tag: 'v1.10.0' });
  await cut(other, { version: '1.9.0', tag: '1.9.0' });
  await cut(commit, { version: '2.0.0-rc.1' });
  const { id } = await cut(none, { version: '1.11.0', tag: 'v1.11.0' });
  await Release.yank(place.ports, ADMIN, id, { reason: 'Broken.' });
  await cut(none, { tag: 'edge' });
  return { commit, other, none };
}

const nameOf = ({ version, tag, id }: ReleaseValue) => version ?? tag ?? id;
const list = async (filter: ReleaseFilter, limit = 100) => {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await Release.list(place.ports, ADMIN, [place.project], { ...filter, limit, cursor });
    names.push(...page.items.map(nameOf));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return names;
};

describe('a list of releases', () => {
  const cases: [string, ReleaseFilter, string[]][] = [
    ['of all', {}, ['edge', '1.11.0', '2.0.0-rc.1', '1.9.0', '1.10.0', '1.0.0']],
    ['of those that are yanked', { yanked: true }, ['1.11.0']],
    ['of those that are not', { yanked: false }, ['edge', '2.0.0-rc.1', '1.9.0', '1.10.0', '1.0.0']],
    ['of a range', { version: '^1' }, ['1.11.0', '1.10.0', '1.9.0', '1.0.0']],
    ['of a range without yanked ones', { version: '^1', yanked: false }, ['1.10.0', '1.9.0', '1.0.0']],
    ['of a range with prereleases', { version: '>=2.0.0-0 || 1.9.x' }, ['2.0.0-rc.1', '1.9.0']],
    ['of a range that has none', { version: '^3' }, []],
    ['of a tag', { tag: 'v1.10.0' }, ['1.10.0']],
    ['of a tag that nobody has', { tag: '1.0.0' }, []],
    ['of a tag that is a version too', { tag: '1.9.0' }, ['1.9.0']],
    ['of tags that begin alike', { tag: 'v1.1*' }, ['1.11.0', '1.10.0']],
    ['of any tag', { tag: '*' }, ['1.11.0', '1.10.0', '1.0.0', 'edge', '1.9.0']],
    ['of a commit', { git_sha: SHA }, ['2.0.0-rc.1', '1.0.0']],
    ['of a commit and a range', { git_sha: OTHER_SHA, version: '<1.10' }, ['1.9.0']],
    ['of a commit and a tag', { git_sha: OTHER_SHA, tag: 'v*' }, ['1.10.0']],
  ];

  test.each(cases)('%s has these, in this order, whatever its pages', async (_, filter, names) => {
    await furnish();

    for (const limit of [100, 2, 1]) expect(await list(filter, limit)).toEqual(names);
  });

  test('of a build has its own, whether it names a commit or not', async () => {
    const { commit, none } = await furnish();

    expect(await list({ build: commit })).toEqual(['2.0.0-rc.1', '1.0.0']);
    expect(await list({ build: none, yanked: false })).toEqual(['edge']);
    expect(await list({ build: commit, git_sha: OTHER_SHA })).toEqual([]);
  });

  test('of a build of another project is not found', async () => {
    const { commit } = await furnish();
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    const call = Release.list(place.ports, ADMIN, [other], { build: commit, limit: 1 });

    expect(await refusal(call)).toBe('not_found');
  });

  test('of a span of time is of that span, in any order', async () => {
    await furnish();
    const { items } = await Release.list(place.ports, ADMIN, [place.project], { limit: 100 });
    const [since, until] = [items[4]?.created_at, items[1]?.created_at];

    expect(await list({ since, until })).toEqual(['1.11.0', '2.0.0-rc.1', '1.9.0', '1.10.0']);
    expect(await list({ since, until, version: '*' })).toEqual(['1.11.0', '1.10.0', '1.9.0']);
  });

  test('with a cursor of another filter is refused', async () => {
    await furnish();
    const page = await Release.list(place.ports, ADMIN, [place.project], { version: '^1', limit: 1 });
    const cursor = page.next_cursor ?? '';

    for (const filter of [{}, { version: '^2' }, { version: '^1', yanked: true }])
      expect(
        await refusal(Release.list(place.ports, ADMIN, [place.project], { ...filter, limit: 1, cursor })),
      ).toBe('invalid_cursor');
  });

  test('has releases of an older version too, which had no entries and were in fewer indexes', async () => {
    await furnish();
    const { table } = place.ports;
    for (const item of table.all()) {
      const { pk, sk, entity, gsi2pk: _, gsi2sk: __, ...rest } = item;
      if (entity === 'release_entry') await table.write({ remove: { pk, sk }, when: { any: true } });
      if (entity === 'release') await table.write({ put: { ...rest, pk, sk, entity }, when: { any: true } });
    }
    const { items } = await table.query({
      partition: Partitions.releases(place.project.id),
      prefix: 'STABLE#',
      limit: 1,
    });
    expect(items).toEqual([]);

    expect(await list({ git_sha: SHA })).toEqual(['2.0.0-rc.1', '1.0.0']);
    expect(await list({ version: '^1', yanked: false })).toEqual(['1.10.0', '1.9.0', '1.0.0']);
    expect(await list({ yanked: true })).toEqual(['1.11.0']);
  });

  test('of any range has what semver says, from the highest version down', async () => {
    const withoutBuild = anyVersion.map((version) => version.split('+')[0] ?? '');
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(withoutBuild, { maxLength: 12 }), anyRange, async (versions, range) => {
        const project = await Project.create(place.ports, ADMIN, { slug: `p${number++}` });
        const named = { ...place, project };
        const { build } = await completedBuild(named);
        for (const version of versions)
          await Release.create(place.ports, ADMIN, project, { build_id: build.id, version });

        const page = await Release.list(place.ports, ADMIN, [project], { version: range, limit: 100 });

        const found = page.items.map(({ version = '' }) => version);
        expect(found).toEqual(rsort(versions.filter((version) => satisfies(version, range))));
      }),
      { numRuns: samples(100) },
    );
  });
});
