/**
 * Lists of what has ids in order of time, newest first: of one partition, or of several (a project each) as if they were
 * one. Each partition is asked by its key and a range of times, so a page costs what it shows, however much there is.
 */
import { StaitheError } from '../error.ts';
import { type IdKind, idFrom, timeOfUlid } from '../id.ts';
import type { Item, Position, Table } from '../ports/table.ts';
import type { Source } from './cursor.ts';
import { type Paging, readPage } from './list.ts';
import { seal, unseal } from './seal.ts';

/** A partition whose sort keys are `prefix` and a ULID. */
export interface TimePartition {
  readonly of: Source;
  readonly partition: string;
  readonly prefix: string;
}

/** Both included; timestamps as `Date.toISOString` writes them. */
export interface Span {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export interface TimeOrdered<T> {
  /** Names the list, with what it is filtered by: its cursors are good for no other. */
  readonly name: string;
  readonly partitions: readonly TimePartition[];
  readonly span?: Span;
  /** What is shown of each item, undefined where it is passed over; as many as there are items, in their order. */
  readonly view: (items: readonly Item[]) => Promise<readonly (T | undefined)[]>;
}

/**
 * Rounds in which every strand that has nothing left in hand is asked for more. They make a page full unless nearly all
 * that they find is passed over; then it is short, with a cursor.
 */
const MAX_ROUNDS = 10;

/** @throws StaitheError invalid_cursor */
export async function listByTime<T>(
  table: Table,
  { name, partitions: strands, span = {}, view }: TimeOrdered<T>,
  { limit, cursor }: Paging,
): Promise<{ items: T[]; next_cursor: string | null }> {
  const after = cursor === undefined ? undefined : await openCursor(table, name, cursor);
  const readers = strands.map((strand) => readerOf(table, strand, span, after));
  const first = chunkOf(limit, strands.length);
  const shown: { ulid: string; value: T }[] = [];
  let position = after;
  for (let round = 0; round < MAX_ROUNDS && shown.length <= limit; round++) {
    await Promise.all(readers.map((hand) => hand.fill(round === 0 ? first : MAX_BATCH)));
    const found = takeNewest(readers);
    if (found.length === 0) break;
    const values = await view(found.map(({ item }) => item));
    for (const [at, value] of values.entries())
      if (value !== undefined) shown.push({ ulid: found[at]?.ulid ?? '', value });
    position = found.at(-1)?.ulid;
  }
  const isOver = readers.every((hand) => hand.isEmpty());
  const end = shown.length > limit ? shown[limit - 1]?.ulid : isOver ? undefined : position;
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
  readonly ulid: string;
  readonly item: Item;
}

/** What was read of one strand and not yet taken. */
interface PartitionReader {
  readonly items: Found[];
  /** Reads on, so many at once, when there is nothing left in hand. */
  fill(limit: number): Promise<void>;
  /** Whether nothing is left, neither in hand nor in the table. */
  isEmpty(): boolean;
}

function readerOf(
  table: Table,
  { of, partition, prefix }: TimePartition,
  span: Span,
  after: string | undefined,
): PartitionReader {
  const items: Found[] = [];
  let position: Position | undefined;
  const sortKey = of === 'table' ? 'sk' : (`${of}sk` as const);
  const range = { from: prefix + ulidAt(span.since, '0'), to: prefix + (after ?? ulidAt(span.until, 'Z')) };
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
          const ulid = (item[sortKey] ?? '').slice(prefix.length);
          if (after === undefined || ulid < after) items.push({ ulid, item });
        }
      }
    },
    isEmpty: () => isRead && items.length === 0,
  };
}

/** The newest of all hands, one by one, until a hand is empty that may have more. */
function takeNewest(hands: readonly PartitionReader[]): Found[] {
  const found: Found[] = [];
  for (;;) {
    if (hands.some((hand) => hand.items.length === 0 && !hand.isEmpty())) return found;
    const [newest] = hands
      .filter((hand) => hand.items.length > 0)
      .toSorted((a, b) => ((a.items[0]?.ulid ?? '') > (b.items[0]?.ulid ?? '') ? -1 : 1));
    const next = newest?.items.shift();
    if (next === undefined) return found;
    found.push(next);
  }
}

/** The first (`0`) or last (`Z`) ULID of a millisecond; of all time, when none is named. */
function ulidAt(timestamp: string | undefined, rest: '0' | 'Z'): string {
  if (timestamp === undefined) return rest === '0' ? '0'.repeat(26) : `7${'Z'.repeat(25)}`;
  return timeOfUlid(Math.max(0, Date.parse(timestamp))) + rest.repeat(16);
}

/** Of ids of a kind in the first index, which is how most lists lie. */
export const timePartition = (kind: IdKind, partition: string, of: Source = 'gsi1'): TimePartition => ({
  of,
  partition,
  prefix: idFrom(kind, ''),
});
