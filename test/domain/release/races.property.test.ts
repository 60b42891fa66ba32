/** Creators and yankers at the same moment, in every order of their reads and writes. */
import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import maxSatisfying from 'semver/ranges/max-satisfying.js';
import { expect, test } from 'vitest';
import * as Release from '../../../lib/domain/release/index.ts';
import { BUMPS } from '../../../lib/domain/release/schema.ts';
import { observedTable } from '../execution/observed.ts';
import { ADMIN, completedBuild, world } from '../world.ts';
import { anyRange, anyVersion } from './versions.ts';

async function scene() {
  const table = observedTable();
  const place = await world({ table });
  const { build } = await completedBuild(place);
  const create = (input: object) =>
    Release.create(place.ports, ADMIN, place.project, { build_id: build.id, ...input });
  const resolve = (ref: string) => Release.resolve(place.ports, ADMIN, place.project, ref);
  return { table, place, create, resolve };
}

test('racing creators of the next version each get another one, without gaps', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.constantFrom(...BUMPS), { minLength: 2, maxLength: 4 }),
      async (scheduler, bumps) => {
        const { table, create, place } = await scene();
        await create({ version: '1.2.3' });
        table.schedule(scheduler);

        const made = await scheduler.waitFor(Promise.all(bumps.map((bump) => create({ bump }))));

        table.unschedule();
        const versions = made.map(({ version }) => version);
        expect(new Set(versions).size).toBe(bumps.length);
        const { items } = await Release.list(place.ports, ADMIN, [place.project], { limit: 100 });
        expect(items.map(({ id }) => id).toSorted()).toContain(made[0]?.id);
        if (bumps.every((bump) => bump === 'patch'))
          expect(versions.toSorted()).toEqual(bumps.map((_, at) => `1.2.${4 + at}`));
      },
    ),
    { numRuns: samples(150) },
  );
});

test('latest and a range are what the list says, after any race of creators and yankers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.constantFrom('create', 'yank', 'unyank'), { minLength: 2, maxLength: 6 }),
      async (scheduler, verbs) => {
        const { table, place, create, resolve } = await scene();
        const first = await create({ version: '1.0.0' });
        const second = await create({ version: '1.1.0' });
        table.schedule(scheduler);

        await scheduler.waitFor(
          Promise.all(
            verbs.map(async (verb, at) => {
              if (verb === 'create') return create({ bump: 'minor' });
              const { id } = at % 2 === 0 ? first : second;
              return verb === 'yank'
                ? Release.yank(place.ports, ADMIN, id, { reason: `of ${at}` })
                : Release.unyank(place.ports, ADMIN, id);
            }),
          ),
        );

        table.unschedule();
        const { items } = await Release.list(place.ports, ADMIN, [place.project], { limit: 100 });
        const left = items.filter(({ yanked }) => yanked === undefined);
        const idOf = (ref: string) =>
          resolve(ref).then(
            ({ id }) => id,
            () => undefined,
          );
        expect(await idOf('latest')).toBe(left[0]?.id);
        const highest = maxSatisfying(
          left.map(({ version = '' }) => version),
          '*',
        );
        expect(await idOf('*')).toBe(left.find(({ version }) => version === highest)?.id);
      },
    ),
    { numRuns: samples(150) },
  );
});

test('a range resolves to what semver takes of all versions that are not yanked', async () => {
  const withoutBuild = anyVersion.map((version) => version.split('+')[0] ?? '');
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(withoutBuild, { minLength: 1, maxLength: 8 }),
      fc.array(anyRange, { minLength: 1, maxLength: 5 }),
      async (versions, ranges) => {
        const { place, create, resolve } = await scene();
        for (const [at, version] of versions.entries()) {
          const { id } = await create({ version });
          if (at % 4 === 3) await Release.yank(place.ports, ADMIN, id, { reason: 'Broken.' });
        }

        const found = await Promise.all(
          // A range that is one of the versions means that version.
          ranges.map((range) =>
            resolve(range).then(
              ({ version }) => version,
              () => null,
            ),
          ),
        );

        const left = versions.filter((_, at) => at % 4 !== 3);
        expect(found).toEqual(
          ranges.map((range) => (versions.includes(range) ? range : maxSatisfying(left, range))),
        );
      },
    ),
    { numRuns: samples(150) },
  );
});
