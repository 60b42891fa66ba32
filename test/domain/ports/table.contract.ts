/** What the domain relies on in a table, whatever is behind it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ConditionFailed,
  type Item,
  type Position,
  type Query,
  type Table,
} from '../../../lib/domain/ports/table.ts';

let partitions = 0;
/** Tests share a table; each has partitions of its own. */
const fresh = (): string => `P${++partitions}`;

const item = (pk: string, sk: string, more: Record<string, unknown> = {}): Item => ({
  pk,
  sk,
  entity: 'thing',
  revision: 1,
  ...more,
});

async function failure(write: Promise<unknown>): Promise<ConditionFailed> {
  const error: unknown = await write.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConditionFailed) return error;
  throw new Error(`The write was expected to fail its condition; it gave ${String(error)}.`);
}

/** Follows a query to its end. @returns the sort keys page by page */
async function pages(table: Table, query: Query): Promise<string[][]> {
  const found: string[][] = [];
  let after: Position | undefined;
  do {
    const page = await table.query({ ...query, ...(after && { after }) });
    found.push(page.items.map(({ sk }) => sk));
    after = page.last;
  } while (after !== undefined);
  return found;
}

/** @param table called once the tests run */
export function tableContract(table: () => Table): void {
  describe('a single write', () => {
    test('is read back with every kind of value, and what is undefined is absent', async () => {
      const pk = fresh();
      const written = item(pk, 'a', {
        text: 'grüße 🚢',
        empty: '',
        number: -1.5,
        large: Number.MAX_SAFE_INTEGER,
        yes: true,
        nothing: null,
        list: [1, 'two', [], {}],
        nested: { deep: { er: [{ a: null }] }, gone: undefined },
        gone: undefined,
      });

      await table().write({ put: written, when: { absent: true } });

      expect(await table().get({ pk, sk: 'a' })).toStrictEqual({
        ...item(pk, 'a'),
        text: 'grüße 🚢',
        empty: '',
        number: -1.5,
        large: Number.MAX_SAFE_INTEGER,
        yes: true,
        nothing: null,
        list: [1, 'two', [], {}],
        nested: { deep: { er: [{ a: null }] } },
      });
    });

    test('replaces the whole item', async () => {
      const pk = fresh();
      await table().write({ put: item(pk, 'a', { old: 1 }), when: { any: true } });

      await table().write({ put: item(pk, 'a', { fresh: 2, revision: 2 }), when: { any: true } });

      expect(await table().get({ pk, sk: 'a' })).toStrictEqual(item(pk, 'a', { fresh: 2, revision: 2 }));
    });

    test('that asks for absence fails on what exists, tells it, and leaves it', async () => {
      const pk = fresh();
      const first = item(pk, 'a', { by: 'first' });
      await table().write({ put: first, when: { absent: true } });

      const failed = await failure(
        table().write({ put: item(pk, 'a', { by: 'second' }), when: { absent: true } }),
      );

      expect(failed.existing).toStrictEqual(first);
      expect(await table().get({ pk, sk: 'a' })).toStrictEqual(first);
    });

    test('that asks for a revision fails on another one and on nothing', async () => {
      const pk = fresh();
      await table().write({ put: item(pk, 'a', { revision: 3 }), when: { any: true } });
      const next = item(pk, 'a', { revision: 4 });

      const stale = await failure(table().write({ put: next, when: { revision: 2 } }));
      const absent = await failure(table().write({ put: item(pk, 'b'), when: { revision: 1 } }));
      await table().write({ put: next, when: { revision: 3 } });

      expect(stale.existing?.revision).toBe(3);
      expect(absent.existing).toBeUndefined();
      expect(await table().get({ pk, sk: 'b' })).toBeUndefined();
      expect((await table().get({ pk, sk: 'a' }))?.revision).toBe(4);
    });

    test('removes under a condition; removing what is absent is no error', async () => {
      const pk = fresh();
      await table().write({ put: item(pk, 'a'), when: { any: true } });

      const failed = await failure(table().write({ remove: { pk, sk: 'a' }, when: { revision: 9 } }));
      await table().write({ remove: { pk, sk: 'a' }, when: { revision: 1 } });
      await table().write({ remove: { pk, sk: 'a' }, when: { any: true } });

      expect(failed.existing).toStrictEqual(item(pk, 'a'));
      expect(await table().get({ pk, sk: 'a' })).toBeUndefined();
    });

    test('of many at once on one revision, one wins', async () => {
      const pk = fresh();
      await table().write({ put: item(pk, 'a'), when: { any: true } });

      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, writer) =>
          table().write({ put: item(pk, 'a', { revision: 2, writer }), when: { revision: 1 } }),
        ),
      );

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      expect(await table().get({ pk, sk: 'a' })).toMatchObject({ revision: 2, writer: winner });
    });
  });

  test('a table gives copies: changing what was given or taken changes nothing that is stored', async () => {
    const pk = fresh();
    const list = ['kept'];
    await table().write({ put: item(pk, 'a', { list }), when: { any: true } });

    list.push('added by the writer');
    const given = await table().get({ pk, sk: 'a' });
    if (Array.isArray(given?.list)) given.list.push('added by a reader');

    expect((await table().get({ pk, sk: 'a' }))?.list).toEqual(['kept']);
  });

  test('many keys are read at once; absent ones are left out; more than 100, or one twice, are refused', async () => {
    const pk = fresh();
    const keys = Array.from({ length: 101 }, (_, n) => ({ pk, sk: `k${n}` }));
    await Promise.all(
      keys.slice(0, 40).map((key) => table().write({ put: item(key.pk, key.sk), when: { any: true } })),
    );

    const found = await table().getMany(keys.slice(0, 100));

    expect(new Set(found.map(({ sk }) => sk))).toEqual(new Set(keys.slice(0, 40).map(({ sk }) => sk)));
    await expect(table().getMany(keys)).rejects.toThrow();
    await expect(table().getMany([...keys.slice(0, 2), ...keys.slice(0, 1)])).rejects.toThrow();
  });

  describe('a transaction', () => {
    test('writes all', async () => {
      const pk = fresh();
      await table().write({ put: item(pk, 'gone'), when: { any: true } });

      await table().transact([
        { put: item(pk, 'a'), when: { absent: true } },
        { put: item(pk, 'b'), when: { any: true } },
        { remove: { pk, sk: 'gone' }, when: { revision: 1 } },
      ]);

      expect((await table().query({ partition: pk, limit: 10 })).items.map(({ sk }) => sk)).toEqual([
        'a',
        'b',
      ]);
    });

    test('writes nothing when one condition fails, and names the first that did with what exists', async () => {
      const pk = fresh();
      await table().write({ put: item(pk, 'taken', { by: 'first' }), when: { any: true } });
      await table().write({ put: item(pk, 'too', { by: 'other' }), when: { any: true } });

      const failed = await failure(
        table().transact([
          { put: item(pk, 'a'), when: { absent: true } },
          { put: item(pk, 'taken'), when: { absent: true } },
          { remove: { pk, sk: 'too' }, when: { revision: 7 } },
        ]),
      );

      expect(failed.index).toBe(1);
      expect(failed.existing).toStrictEqual(item(pk, 'taken', { by: 'first' }));
      expect(await table().get({ pk, sk: 'a' })).toBeUndefined();
      expect(await table().get({ pk, sk: 'too' })).toBeDefined();
    });

    test('names an item that should exist and does not', async () => {
      const pk = fresh();

      const failed = await failure(
        table().transact([
          { put: item(pk, 'a'), when: { any: true } },
          { put: item(pk, 'b'), when: { revision: 1 } },
        ]),
      );

      expect(failed).toMatchObject({ index: 1, existing: undefined });
    });

    test('checks items that it leaves as they are', async () => {
      const pk = fresh();
      await table().write({ put: item(pk, 'there'), when: { any: true } });
      const there = { pk, sk: 'there' };

      await table().transact([
        { put: item(pk, 'a'), when: { absent: true } },
        { check: there, when: { present: true } },
      ]);
      await table().transact([
        { check: there, when: { revision: 1 } },
        { put: item(pk, 'b'), when: { absent: true } },
      ]);
      const absent = await failure(
        table().transact([
          { put: item(pk, 'c'), when: { absent: true } },
          { check: { pk, sk: 'absent' }, when: { present: true } },
        ]),
      );
      const changed = await failure(
        table().transact([
          { put: item(pk, 'c'), when: { absent: true } },
          { check: there, when: { revision: 2 } },
        ]),
      );

      expect([absent.index, changed.index]).toEqual([1, 1]);
      expect((await table().query({ partition: pk, limit: 10 })).items).toStrictEqual([
        item(pk, 'a'),
        item(pk, 'b'),
        item(pk, 'there'),
      ]);
    });

    test('takes 100 writes, and refuses more, none, and one key twice', async () => {
      const pk = fresh();
      const writes = Array.from({ length: 101 }, (_, n) => ({
        put: item(pk, `k${n}`),
        when: { absent: true } as const,
      }));

      await table().transact(writes.slice(0, 100));

      expect((await table().query({ partition: pk, limit: 1000 })).items).toHaveLength(100);
      await expect(table().transact(writes)).rejects.toThrow();
      await expect(table().transact([])).rejects.toThrow();
      await expect(
        table().transact([
          { put: item(pk, 'x'), when: { any: true } },
          { remove: { pk, sk: 'x' }, when: { any: true } },
        ]),
      ).rejects.not.toBeInstanceOf(ConditionFailed);
    });
  });

  describe('a query', () => {
    test('is ordered by the bytes of the sort key, either way', async () => {
      const pk = fresh();
      // In UTF-16 the surrogates of the ship would come before the private use character.
      const ordered = ['', 'A', 'a', 'a#', 'a-1', 'aa', 'z', 'ä', '\uE000', '🚢'].filter((sk) => sk !== '');
      for (const sk of ordered.toReversed()) await table().write({ put: item(pk, sk), when: { any: true } });

      const up = await table().query({ partition: pk, limit: 100 });
      const down = await table().query({ partition: pk, limit: 100, newestFirst: true });

      expect(up.items.map(({ sk }) => sk)).toEqual(ordered);
      expect(down.items.map(({ sk }) => sk)).toEqual(ordered.toReversed());
    });

    test('keeps to its range, both ends included, and goes on within it', async () => {
      const pk = fresh();
      for (const sk of ['a1', 'a2', 'a3', 'a4', 'b1'])
        await table().write({ put: item(pk, sk), when: { any: true } });
      const range = { from: 'a2', to: 'a4' };

      const first = await table().query({ partition: pk, range, newestFirst: true, limit: 2 });
      const rest = await table().query({
        ...{ partition: pk, range, newestFirst: true, limit: 2 },
        ...(first.last !== undefined && { after: first.last }),
      });

      expect(first.items.map(({ sk }) => sk)).toEqual(['a4', 'a3']);
      expect(rest.items.map(({ sk }) => sk)).toEqual(['a2']);
      await expect(
        table().query({ partition: pk, range: { from: 'b', to: 'a' }, limit: 2 }),
      ).rejects.toThrow();
    });

    test('keeps to its partition and prefix', async () => {
      const pk = fresh();
      for (const sk of ['TAG#1', 'TAG#2', 'VERSION#1'])
        await table().write({ put: item(pk, sk), when: { any: true } });
      await table().write({ put: item(`${pk}x`, 'TAG#3'), when: { any: true } });

      const found = await table().query({ partition: pk, prefix: 'TAG#', limit: 10 });

      expect(found.items.map(({ sk }) => sk)).toEqual(['TAG#1', 'TAG#2']);
    });

    test('of an empty partition is empty and has no end', async () => {
      expect(await table().query({ partition: fresh(), limit: 10 })).toEqual({ items: [] });
      expect(await table().query({ index: 'gsi1', partition: fresh(), limit: 10 })).toEqual({ items: [] });
    });

    test('on the index sees only what is on it, ordered by its own key, and forgets what left it', async () => {
      const pk = fresh();
      const list = fresh();
      const onList = (sk: string, gsi1sk: string) => item(pk, sk, { gsi1pk: list, gsi1sk });
      await table().write({ put: onList('a', '3'), when: { any: true } });
      await table().write({ put: onList('b', '1'), when: { any: true } });
      await table().write({ put: onList('c', '2'), when: { any: true } });
      await table().write({ put: item(pk, 'd'), when: { any: true } });
      await table().write({ put: onList('left', '4'), when: { any: true } });
      await table().write({ put: item(pk, 'left'), when: { any: true } });

      const found = await table().query({ index: 'gsi1', partition: list, limit: 10 });

      expect(found.items.map(({ sk }) => sk)).toEqual(['b', 'c', 'a']);
      expect(found.items[0]).toStrictEqual(onList('b', '1'));
    });

    test('on the index of what is open gives keys, page by page, and forgets what has ended', async () => {
      const pk = fresh();
      const open = fresh();
      const keysOf = (sk: string) => ({ pk, sk, gsi2pk: open, gsi2sk: sk });
      for (const sk of ['1', '2', '3'])
        await table().write({ put: item(pk, sk, { gsi2pk: open, gsi2sk: sk }), when: { any: true } });
      await table().write({ put: item(pk, '1'), when: { any: true } });

      const first = await table().query({ index: 'gsi2', partition: open, limit: 1 });
      const second = await table().query({
        index: 'gsi2',
        partition: open,
        limit: 10,
        ...(first.last && { after: first.last }),
      });

      expect(first).toEqual({ items: [keysOf('2')], last: keysOf('2') });
      expect(second).toEqual({ items: [keysOf('3')] });
    });

    test('goes on where a page ended, also when that item is gone by then', async () => {
      const pk = fresh();
      for (const sk of ['1', '2', '3', '4']) await table().write({ put: item(pk, sk), when: { any: true } });
      const first = await table().query({ partition: pk, limit: 2 });

      await table().write({ remove: { pk, sk: '2' }, when: { any: true } });
      const second = await table().query({
        partition: pk,
        limit: 2,
        ...(first.last && { after: first.last }),
      });

      expect(first.last).toEqual({ pk, sk: '2' });
      expect(second.items.map(({ sk }) => sk)).toEqual(['3', '4']);
    });

    test('gives every item once, whatever the page size and direction', async () => {
      const pk = fresh();
      const list = fresh();
      const all = Array.from({ length: 7 }, (_, n) => `k${n}`);
      // Two items share a place on the index: a position must tell them apart.
      await Promise.all(
        all.map((sk, n) =>
          table().write({
            put: item(pk, sk, { gsi1pk: list, gsi1sk: `s${Math.floor(n / 2)}` }),
            when: { any: true },
          }),
        ),
      );

      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 9 }),
          fc.boolean(),
          fc.boolean(),
          async (limit, newestFirst, ofIndex) => {
            const found = await pages(table(), {
              partition: ofIndex ? list : pk,
              ...(ofIndex && { index: 'gsi1' as const }),
              limit,
              newestFirst,
            });
            expect(found.every((page) => page.length <= limit)).toBe(true);
            expect(found.flat().sort()).toEqual(all);
            if (!ofIndex) expect(found.flat()).toEqual(newestFirst ? all.toReversed() : all);
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}
