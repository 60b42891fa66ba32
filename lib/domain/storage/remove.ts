/** Removing many items, whatever they are. */
import type { Key, Table } from '../ports/table.ts';
import { pagesOf } from './list.ts';

/** 25 deletions side by side take as long as three one after the other, and no partition notices. */
const AT_ONCE = 25;

/** Items that are not there are no error. */
export async function removeAll(table: Table, keys: readonly Key[]): Promise<void> {
  for (let from = 0; from < keys.length; from += AT_ONCE)
    await Promise.all(
      keys.slice(from, from + AT_ONCE).map((key) => table.write({ remove: key, when: { any: true } })),
    );
}

/** All items of partitions of the table. */
export async function removePartitions(table: Table, partitions: readonly string[]): Promise<void> {
  for (const partition of partitions)
    for await (const items of pagesOf(table, partition, { limit: AT_ONCE, of: 'table' }))
      await removeAll(
        table,
        items.map(({ pk, sk }) => ({ pk, sk })),
      );
}
