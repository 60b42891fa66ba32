/**
 * Lists of what lies in several ranges of sort keys, as if they were one, last in order first: by what follows a prefix of
 * their sort keys. Each range is asked by its key, so a page costs what it shows, however much there is.
 */
import { StaitheError } from '../error.ts';
import type { Item, Position, Table } from '../ports/table.ts';
import type { Source } from './cursor.ts';
import { type Paging, readPage } from './list.ts';
import { seal, unseal } from './seal.ts';

/** Sort keys from `prefix + from` to `prefix + to`, both included; no two strands of a list have the same `prefix` and overlap. */
export interface Strand {
  readonly of: Source;
  readonly partition: string;
  readonly prefix: string;
  readonly from: string;
  readonly to: string;
}

interface Merged<T> {
  /** Names the list, with what it is filtered by: its cursors are good for no other. */
  readonly name: string;
  readonly strands: readonly Strand[];
  /** What is shown of each item, undefined where it is passed over; as many as there are items, in their order. */
  readonly view: (items: readonly Item[]) => Promise<readonly (T | undefined)[]>;
}

/**
 * Rounds in which every strand that has nothing left in hand is asked for more. They make a page full unless nearly all
 * that they find is passed over; then it is short, with a cursor.
 */
const MAX_ROUNDS = 10;

/** @throws StaitheError invalid_cursor */
export async function listMerged<T>(
  table: Table,
  { name, strands, view }: Merged<T>,
  { limit, cursor }: Paging,
): Promise<{ items: T[]; next_cursor: string | null }> {
  const after = cursor === undefined ? undefined : await openCursor(table, name, cursor);
  const readers = strands.map((strand) => readerOf(table, strand, after));
  const first = chunkOf(limit, strands.length);
  const shown: { rest: string; value: T }[] = [];
  let position = after;
  for (let round = 0; round < MAX_ROUNDS && shown.length <= limit; round++) {
    await Promise.all(readers.map((hand) => hand.fill(round === 0 ? first : MAX_BATCH)));
    const found = takeLast(readers);
    if (found.length === 0) break;
    const values = await view(found.map(({ item }) => item));
    for (const [at, value] of values.entries())
      if (value !== undefined) shown.push({ rest: found[at]?.rest ?? '', value });
    position = found.at(-1)?.rest;
  }
  const isOver = readers.every((hand) => hand.isEmpty());
  const end = shown.length > limit ? shown[limit - 1]?.rest : isOver ? undefined : position;
  return {
    items: shown.slice(0, limit).map(({ value }) => value),
    next_cursor: end === undefined ? null : await seal(table, name, Buffer.from(end)),
  };
}

/** What a batch read of the items of a page takes (docs: DynamoDB, BatchGetItem). */
const MAX_BATCH = 100;

/** One more than asked for tells whether there is another page; of many strands each is asked for its part, and some. */
const chunkOf = (limit: number, strands: number): number =>
  Math.min(MAX_BATCH, strands === 1 ? limit + 1 : Math.ceil((limit + 1) / strands) + 4);

async function openCursor(table: Table, name: string, cursor: string): Promise<string> {
  const content = await unseal(table, name, cursor);
  if (content === undefined)
    throw new StaitheError('invalid_cursor', 'The cursor does not belong to this list.');
  return content.toString();
}

interface Found {
  /** Of its sort key, after the prefix of its strand. */
  readonly rest: string;
  readonly item: Item;
}

/** What was read of one strand and not yet taken. */
interface StrandReader {
  readonly items: Found[];
  /** Reads on, so many at once, when there is nothing left in hand. */
  fill(limit: number): Promise<void>;
  /** Whether nothing is left, neither in hand nor in the table. */
  isEmpty(): boolean;
}

function readerOf(
  table: Table,
  { of, partition, prefix, from, to }: Strand,
  after: string | undefined,
): StrandReader {
  const items: Found[] = [];
  let position: Position | undefined;
  const sortKey = of === 'table' ? 'sk' : (`${of}sk` as const);
  const last = after !== undefined && after < to ? after : to;
  const range = { from: prefix + from, to: prefix + last };
  // A table refuses a range that ends before it begins (docs: DynamoDB, BETWEEN).
  let isRead = range.from > range.to;
  return {
    items,
    async fill(limit) {
      while (!isRead && items.length === 0) {
        const page = await readPage(table, partition, {
          limit,
          after: position,
          ascending: false,
          of,
          range,
        });
        position = page.last;
        isRead = position === undefined;
        for (const item of page.items) {
          const rest = (item[sortKey] ?? '').slice(prefix.length);
          if (after === undefined || rest < after) items.push({ rest, item });
        }
      }
    },
    isEmpty: () => isRead && items.length === 0,
  };
}

/** The last in order of all hands, one by one, until a hand is empty that may have more. */
function takeLast(hands: readonly StrandReader[]): Found[] {
  const found: Found[] = [];
  for (;;) {
    if (hands.some((hand) => hand.items.length === 0 && !hand.isEmpty())) return found;
    const [last] = hands
      .filter((hand) => hand.items.length > 0)
      .toSorted((a, b) => ((a.items[0]?.rest ?? '') > (b.items[0]?.rest ?? '') ? -1 : 1));
    const next = last?.items.shift();
    if (next === undefined) return found;
    found.push(next);
  }
}
