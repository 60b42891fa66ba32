import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Build from '../../lib/domain/builds/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { ADMIN, refusal, startedBuild, world } from './world.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a page', () => {
  test('that ends with the list says so, and no empty one follows', async () => {
    const place = await world();
    for (const _ of [1, 2, 3, 4]) await startedBuild(place);

    const half = await Build.list(place.ports, [place.project], { limit: 2 });
    const rest = await Build.list(place.ports, [place.project], { limit: 2, cursor: half.next_cursor ?? '' });

    expect([half.items.length, rest.items.length]).toEqual([2, 2]);
    expect(rest.next_cursor).toBeNull();
  });

  test('is full also when a query of the table gives little at once', async () => {
    const place = await world();
    for (const _ of [1, 2, 3, 4, 5]) await startedBuild(place);
    const { table } = place.ports;
    const query: typeof table.query = (asked) => table.query({ ...asked, limit: Math.min(asked.limit, 1) });

    const page = await Build.list({ table: { ...table, query } }, [place.project], { limit: 3 });

    expect(page.items).toHaveLength(3);
    expect(page.next_cursor).not.toBeNull();
  });
});

describe('a cursor', () => {
  test('goes on where its page ended', async () => {
    const place = await world();
    const all = [];
    for (let n = 0; n < 5; n++) all.unshift((await startedBuild(place)).build.id);

    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await Build.list(place.ports, [place.project], { limit: 2, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);

    expect(seen).toEqual(all);
  });

  test('of another list is refused', async () => {
    const place = await world();
    await startedBuild(place);
    await startedBuild(place);
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    const { next_cursor: cursor } = await Build.list(place.ports, [place.project], { limit: 1 });
    const paging = { limit: 1, cursor: cursor ?? '' };

    expect(await refusal(Build.list(place.ports, [other], paging))).toBe('invalid_cursor');
    expect(await refusal(Project.list(place.ports, ADMIN, paging))).toBe('invalid_cursor');
    expect(await refusal(Environment.list(place.ports, place.project, paging))).toBe('invalid_cursor');
  });

  test('shows nothing of what is in it, and a changed one is refused', async () => {
    const place = await world();
    await startedBuild(place);
    await startedBuild(place);
    const { next_cursor: cursor } = await Build.list(place.ports, [place.project], { limit: 1 });

    const bytes = Buffer.from(cursor ?? '', 'base64url');

    for (const text of ['BUILD', 'bld_', 'prj_', place.project.id.slice(4)])
      expect(bytes.includes(text), text).toBe(false);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const paging = { limit: 1, cursor: changed.toString('base64url') };
      expect(await refusal(Build.list(place.ports, [place.project], paging))).toBe('invalid_cursor');
    }
  });

  test('of another installation is refused', async () => {
    const [here, there] = [await world(), await world()];
    for (const place of [here, there]) for (const _ of [1, 2]) await startedBuild(place);
    const { next_cursor: cursor } = await Build.list(here.ports, [here.project], { limit: 1 });

    const paging = { limit: 1, cursor: cursor ?? '' };

    expect(here.project.id).toBe(there.project.id);
    expect(await refusal(Build.list(there.ports, [there.project], paging))).toBe('invalid_cursor');
    expect((await Build.list(here.ports, [here.project], paging)).items).toHaveLength(1);
  });

  test.each([
    '',
    'x',
    encode(null),
    encode([]),
    encode(['a']),
    encode(['', '']),
    encode(['', '', '']),
    encode(['a', 'b', 'c']),
    encode(['a', 'b', 'c', 'd']),
    encode({ pk: 'a' }),
    encode(['a', 1, 'c']),
  ])('that no list gave (%j) is refused', async (cursor) => {
    const { ports } = await world();

    expect(await refusal(Project.list(ports, ADMIN, { limit: 1, cursor }))).toBe('invalid_cursor');
  });

  test('of any bytes is refused or goes on, and never breaks', async () => {
    const { ports } = await world();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json().map(encode), fc.base64String()), async (cursor) => {
        const page = await Project.list(ports, ADMIN, { limit: 1, cursor }).catch((error: unknown) => error);
        expect(page).toSatisfy(
          (given: object) => 'items' in given || ('code' in given && given.code === 'invalid_cursor'),
        );
      }),
      { numRuns: 500 },
    );
  });
});
