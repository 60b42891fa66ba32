/** Pages of a partition. A page is full, or the list is over; its cursor names nothing that the caller has not been given. */
import type { Item, Position, Query, Table } from '../ports/table.ts';
import { decodeCursor, encodeCursor, positionIn, type Source } from './cursor.ts';

export interface Paging {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ListOptions {
  readonly ascending?: boolean;
  /** What the partition is one of: the first index unless said otherwise. `gsi2` has keys only; the items are fetched. */
  readonly of?: Source;
}

/**
 * A query gives up to 1 MB, which is 100 items of 10 KB; and items of `gsi2` may have gone since. Ten queries make a page
 * full in any but a strange case, and then it is short, with a cursor.
 */
const MAX_QUERIES = 10;
/** What one batch read takes (docs: DynamoDB, BatchGetItem): a page of 100 asks for one more than that. */
const MAX_FETCHED = 100;

/** @throws StaitheError invalid_cursor */
export async function listItems(
  table: Table,
  partition: string,
  { limit, cursor }: Paging,
  { ascending = false, of = 'gsi1' }: ListOptions = {},
): Promise<{ items: Item[]; next_cursor: string | null }> {
  const items: Item[] = [];
  let after: Position | undefined =
    cursor === undefined ? undefined : await decodeCursor(table, of, partition, cursor);
  for (let queries = 0; queries < MAX_QUERIES; queries++) {
    // One more than asked for tells whether there is another page.
    const page = await readPage(table, partition, { limit: limit + 1 - items.length, after, ascending, of });
    items.push(...page.items);
    after = page.last;
    if (items.length > limit || after === undefined) break;
  }
  const shown = items.slice(0, limit);
  const end = items.length > limit ? shown.at(-1) : after;
  return {
    items: shown,
    next_cursor: end === undefined ? null : await encodeCursor(table, of, partition, end),
  };
}

interface PageQuery {
  readonly limit: number;
  readonly after?: Position | undefined;
  readonly ascending: boolean;
  readonly of: Source;
  readonly range?: Query['range'];
}

export async function readPage(
  table: Table,
  partition: string,
  { limit, after, ascending, of, range }: PageQuery,
): Promise<{ items: readonly Item[]; last?: Position | undefined }> {
  const { items, last } = await table.query({
    ...(of !== 'table' && { index: of }),
    partition,
    newestFirst: !ascending,
    ...(range !== undefined && { range }),
    limit: of === 'gsi2' ? Math.min(limit, MAX_FETCHED) : limit,
    ...(after !== undefined && { after: positionIn(of, after) }),
  });
  if (of !== 'gsi2' || items.length === 0) return { items, last };
  const found = await table.getMany(items.map(({ pk, sk }) => ({ pk, sk })));
  const byKey = new Map(found.map((item) => [`${item.pk}\n${item.sk}`, item]));
  // What has left the index a moment ago is not of this list any more.
  const present = items.flatMap(({ pk, sk }) => byKey.get(`${pk}\n${sk}`) ?? []);
  return { items: present.filter(({ gsi2pk }) => gsi2pk === partition), last };
}

/** All pages of a partition, one after the other, for what goes through all of it. */
export async function* pagesOf(
  table: Table,
  partition: string,
  { limit, of = 'gsi1' }: { limit: number; of?: Source },
): AsyncGenerator<readonly Item[]> {
  let after: Position | undefined;
  do {
    const page = await readPage(table, partition, { limit, after, ascending: true, of });
    if (page.items.length > 0) yield page.items;
    after = page.last;
  } while (after !== undefined);
}
