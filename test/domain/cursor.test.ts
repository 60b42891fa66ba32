import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Build from '../../lib/domain/build/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { ADMIN, refusal, startedBuild, world } from './world.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a cursor', () => {
  test('goes on where its page ended', async () => {
    const place = await world();
    const all = [];
    for (let n = 0; n < 5; n++) all.unshift((await startedBuild(place)).build.id);

    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await Build.list(place.ports, place.project, { limit: 2, cursor });
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
    const { next_cursor: cursor } = await Build.list(place.ports, place.project, { limit: 1 });
    const paging = { limit: 1, cursor: cursor ?? '' };

    expect(await refusal(Build.list(place.ports, other, paging))).toBe('invalid_cursor');
    expect(await refusal(Project.list(place.ports, ADMIN, paging))).toBe('invalid_cursor');
    expect(await refusal(Environment.list(place.ports, place.project, paging))).toBe('invalid_cursor');
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
