/** Transactions of a table. */
import { describe, expect, test } from 'vitest';
import { ConditionFailed, type Table } from '../../../lib/domain/ports/table.ts';
import { failure, fresh, item } from './table-items.ts';

export function tableTransactions(table: () => Table): void {
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
}
