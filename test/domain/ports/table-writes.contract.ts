/** Single writes and reads of a table. */
import { describe, expect, test } from 'vitest';
import type { Table } from '../../../lib/domain/ports/table.ts';
import { failure, fresh, item } from './table-items.ts';

export function tableWrites(table: () => Table): void {
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
}
