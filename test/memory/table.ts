/** The table port in memory, with DynamoDB's semantics: what it refuses, `test/memory` refuses too. */
import {
  type Check,
  type Condition,
  ConditionFailed,
  type Item,
  type Key,
  type Position,
  type Query,
  type Table,
  type Write,
} from '../../lib/domain/ports/table.ts';
import { copyOf } from './copy.ts';

/** Limits of DynamoDB (docs: "Quotas", "Constraints"). */
const MAX_BATCH_GET = 100;
const MAX_TRANSACTION = 100;

export interface MemoryTable extends Table {
  /** Copies of all items, in no promised order: for tests that look at everything. */
  all(): Item[];
}

const addressOf = ({ pk, sk }: Key): string => JSON.stringify([pk, sk]);
const keyOf = (write: Write | Check): Key =>
  'put' in write ? write.put : 'check' in write ? write.check : write.remove;
/** DynamoDB orders strings by their bytes in UTF-8, which is not JavaScript's order beyond the basic plane. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function holds(condition: Condition, existing: Item | undefined): boolean {
  if ('absent' in condition) return existing === undefined;
  if ('present' in condition) return existing !== undefined;
  return 'revision' in condition ? existing?.revision === condition.revision : true;
}

/** @throws Error for what DynamoDB answers with a ValidationException */
function checkKeys(keys: readonly Key[], most: number): void {
  if (keys.length === 0 || keys.length > most)
    throw new Error(`ValidationException: 1 to ${most} keys are possible, not ${keys.length}.`);
  if (new Set(keys.map(addressOf)).size < keys.length)
    throw new Error('ValidationException: a key is named twice.');
  for (const { pk, sk } of keys)
    if (pk === '' || sk === '') throw new Error('ValidationException: a key is empty.');
}

export function memoryTable(): MemoryTable {
  const items = new Map<string, Item>();

  const apply = (write: Write | Check): void => {
    if ('put' in write) items.set(addressOf(write.put), copyOf(write.put));
    else if ('remove' in write) items.delete(addressOf(write.remove));
  };
  const transact = (writes: readonly (Write | Check)[]): void => {
    checkKeys(writes.map(keyOf), MAX_TRANSACTION);
    const copies = writes.map((write) => ('put' in write ? { ...write, put: copyOf(write.put) } : write));
    for (const [index, write] of copies.entries()) {
      const existing = items.get(addressOf(keyOf(write)));
      if (!holds(write.when, existing)) throw new ConditionFailed(existing && copyOf(existing), index);
    }
    copies.forEach(apply);
  };

  return {
    all: () => [...items.values()].map(copyOf),
    async get(key) {
      checkKeys([key], 1);
      const found = items.get(addressOf(key));
      return found && copyOf(found);
    },
    async getMany(keys) {
      checkKeys(keys, MAX_BATCH_GET);
      return keys.flatMap((key) => {
        const found = items.get(addressOf(key));
        return found === undefined ? [] : [copyOf(found)];
      });
    },
    async write(write) {
      transact([write]);
    },
    async transact(writes) {
      transact(writes);
    },
    async query(query) {
      return pageOf(query, items.values());
    },
  };
}

function pageOf(query: Query, all: Iterable<Item>): { items: Item[]; last?: Position } {
  if (query.limit < 1) throw new Error('ValidationException: the limit must be at least 1.');
  const { after, newestFirst = false, index, range } = query;
  if (range !== undefined && byBytes(range.from, range.to) > 0)
    throw new Error('ValidationException: BETWEEN needs its bounds in their order.');
  const partitionOf = (item: Position) => (index === undefined ? item.pk : item[`${index}pk`]);
  const sortOf = (item: Position) => (index === undefined ? item.sk : item[`${index}sk`]) ?? '';
  if (after !== undefined && partitionOf(after) !== query.partition)
    throw new Error('ValidationException: the start key is of another partition.');
  const compare = (a: Position, b: Position) =>
    (byBytes(sortOf(a), sortOf(b)) || byBytes(a.pk, b.pk) || byBytes(a.sk, b.sk)) * (newestFirst ? -1 : 1);
  const found = [...all]
    .filter((item) => partitionOf(item) === query.partition && sortOf(item).startsWith(query.prefix ?? ''))
    .filter((item) => range === undefined || isWithin(sortOf(item), range))
    .filter((item) => after === undefined || compare(item, after) > 0)
    .sort(compare)
    .slice(0, query.limit);
  const last = found.at(-1);
  // As DynamoDB: a full page names its end, also when nothing comes after it.
  return {
    items: found.map((item) => (index === 'gsi2' ? keysOnly(item) : copyOf(item))),
    ...(last !== undefined && found.length === query.limit && { last: positionOf(last, index) }),
  };
}

function positionOf({ pk, sk, gsi1pk, gsi1sk, gsi2pk, gsi2sk }: Item, index: Query['index']): Position {
  if (index === 'gsi1' && gsi1pk !== undefined && gsi1sk !== undefined) return { pk, sk, gsi1pk, gsi1sk };
  if (index === 'gsi2' && gsi2pk !== undefined && gsi2sk !== undefined) return { pk, sk, gsi2pk, gsi2sk };
  return { pk, sk };
}

const isWithin = (key: string, { from, to }: NonNullable<Query['range']>): boolean =>
  byBytes(key, from) >= 0 && byBytes(key, to) <= 0;

/** What a projection of keys gives: less than an item, as its reader has to know. */
function keysOnly(item: Item): Item {
  return { ...positionOf(item, 'gsi2') } as Item;
}
