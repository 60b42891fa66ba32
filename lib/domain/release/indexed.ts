/**
 * Entries of releases that an older version of Staithe created, which wrote none, or fewer. They are made when they are first
 * needed, once for each project.
 */
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Table } from '../ports/table.ts';
import type { Stored } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { pagesOf } from '../storage/list.ts';
import { entryWrites } from './entries.ts';
import { releases } from './record.ts';
import type { Release } from './schema.ts';

/** 25: each takes four writes at most, and a transaction has 100 (docs: DynamoDB, TransactWriteItems). */
const PER_TRANSACTION = 25;
/** Another name whenever there are more entries, or the index has other keys. */
const MARK = 'INDEXED_BY_CONTENT';
/** Each failed try means that one of them was yanked at this very moment. */
const TRIES = 10;

/** Makes sure that every release of the project has its entries. Costs one read but for the first time. */
export async function ensureEntries({ table }: Pick<Ports, 'table'>, projectId: string): Promise<void> {
  const mark = Keys.releaseEntry(projectId, MARK);
  if ((await table.get(mark)) !== undefined) return;
  const pages = pagesOf(table, Partitions.releases(projectId), { limit: PER_TRANSACTION });
  for await (const items of pages) await index(table, items.map(releases.read));
  await table.write({ put: { ...mark, entity: 'release_entry', revision: 1 }, when: { any: true } });
}

/** The release is written too, as it was, so that it lies in all indexes; and so that the entries are those of its state. */
async function index(table: Table, page: readonly Stored<Release>[]): Promise<void> {
  let current = page;
  for (let attempt = 1; ; attempt++) {
    try {
      await table.transact(
        current.flatMap((stored) => [releases.change(stored, stored.value), ...entryWrites(stored.value)]),
      );
      return;
    } catch (error) {
      if (!(error instanceof ConditionFailed) || attempt === TRIES) throw error;
      const found = await Promise.all(
        current.map(({ value }) => releases.get(table, Keys.release(value.id))),
      );
      current = found.filter((stored) => stored !== undefined);
    }
  }
}
