/** Queries of a table. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Table } from '../../../lib/domain/ports/table.ts';
import { fresh, item, pages } from './table-items.ts';

export function tableQueries(table: () => Table): void {
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
