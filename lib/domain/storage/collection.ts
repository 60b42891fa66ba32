/** A collection: how one kind of entity lies in the table. Reading and writing of every noun goes through it. */
import type { z } from 'zod';
import { StaitheError } from '../error.ts';
import type { IdKind } from '../id.ts';
import { ConditionFailed, type Item, type Key, type Table, type Write } from '../ports/table.ts';
import { listByTime, type Span, timePartition } from './by-time.ts';
import type { Source } from './cursor.ts';
import { type ListOptions, listItems, type Paging, pagesOf } from './list.ts';

export type { Paging } from './list.ts';

/** An entity as it was read, with the revision that a change must still find. */
export interface Stored<T> {
  readonly value: T;
  readonly revision: number;
}

export interface Listed<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

interface Layout<T> {
  readonly kind: string;
  /** What the item is to the relay of events, where that is another kind. */
  readonly entity?: (value: T) => string;
  readonly schema: z.ZodType<T>;
  readonly key: (value: T) => Key;
  /** Partition and sort key of the index; without it the entity is on no list. */
  readonly index?: (value: T) => { gsi1pk: string; gsi1sk: string } | undefined;
  /** Partition and sort key of the second index, which has keys only; undefined when it is not on it. */
  readonly second?: (value: T) => { gsi2pk: string; gsi2sk: string } | undefined;
  /** The environment that the entity is of, where a role in that environment is enough. */
  readonly environmentOf?: (value: T) => string;
  /** Seconds since the epoch after which the item may vanish. */
  readonly ttl?: (value: T) => number | undefined;
}

export interface Collection<T> {
  readonly kind: string;
  environmentOf(value: T): string | undefined;
  read(item: Item): Stored<T>;
  get(table: Table, key: Key): Promise<Stored<T> | undefined>;
  /** Any number of keys, equal ones once; absent ones are left out, and the order is not kept. */
  getMany(table: Table, keys: readonly Key[]): Promise<T[]>;
  /** The write that creates it, for a transaction. */
  creation(value: T): Write;
  /** Creates it. @throws ConditionFailed when its key is taken */
  create(table: Table, value: T): Promise<Stored<T>>;
  /** The write that changes what was read, for a transaction. */
  change(stored: Stored<T>, next: T): Write;
  /** Changes what was read. @throws ConditionFailed when it has changed since */
  save(table: Table, stored: Stored<T>, next: T): Promise<Stored<T>>;
  /**
   * Reads and changes it until nobody was faster, at most 10 times. `undefined` from `step` leaves it as it is.
   * @param known what was read of it a moment ago, which saves the first read
   * @param along writes that follow from the change, in one transaction with it
   */
  update(
    table: Table,
    key: Key,
    step: (value: T) => T | undefined,
    known?: Stored<T>,
    along?: (before: T, next: T) => readonly Write[],
  ): Promise<Stored<T> | undefined>;
  /** A page of a partition, newest first unless `ascending`. @throws StaitheError invalid_cursor */
  list(table: Table, partition: string, paging: Paging, options?: ListOptions): Promise<Listed<T>>;
  /**
   * A page of what lies in several partitions of the first index, newest first, as if they were one; of a kind whose ids
   * are in order of time.
   * @param scope what was asked for, when that may come to be in other partitions: a cursor is good for it alone
   * @throws StaitheError invalid_cursor
   */
  newestOf(
    table: Table,
    id: IdKind,
    partitions: readonly string[],
    paging: Paging & Span,
    scope?: unknown,
  ): Promise<Listed<T>>;
  /** Goes through a whole partition, page by page, oldest first. */
  pages(table: Table, partition: string, options: { limit: number; of?: Source }): AsyncGenerator<T[]>;
  /** The newest of a partition of the first index. */
  newest(table: Table, partition: string): Promise<T | undefined>;
}

/** What a table takes at once; 50 jobs of 20 artifacts are more. */
const BATCH = 100;

/** Ten tries: with n writers at once the slowest needs n; more than ten on one item means that something is wrong. */
const UPDATE_TRIES = 10;

export function collection<T extends object>(layout: Layout<T>): Collection<T> {
  const itemOf = (value: T, revision: number): Item => {
    const ttl = layout.ttl?.(value);
    return {
      ...withoutUndefined(value),
      ...layout.key(value),
      ...layout.index?.(value),
      ...layout.second?.(value),
      ...(ttl !== undefined && { ttl }),
      entity: layout.entity?.(value) ?? layout.kind,
      revision,
    };
  };
  const read = (item: Item): Stored<T> => ({ value: layout.schema.parse(item), revision: item.revision });

  const self: Collection<T> = {
    kind: layout.kind,
    environmentOf: (value) => layout.environmentOf?.(value),
    read,
    async get(table, key) {
      const item = await table.get(key);
      return item && read(item);
    },
    async getMany(table, keys) {
      const batches: (readonly Key[])[] = [];
      // A table refuses a key that is named twice, and people may give two things one name.
      const different = [...new Map(keys.map((key) => [`${key.pk}\n${key.sk}`, key])).values()];
      for (let from = 0; from < different.length; from += BATCH)
        batches.push(different.slice(from, from + BATCH));
      const found = await Promise.all(batches.map((batch) => table.getMany(batch)));
      return found.flat().map((item) => read(item).value);
    },
    creation: (value) => ({ put: itemOf(value, 1), when: { absent: true } }),
    async create(table, value) {
      await table.write(self.creation(value));
      return { value, revision: 1 };
    },
    change: (stored, next) => ({
      put: itemOf(next, stored.revision + 1),
      when: { revision: stored.revision },
    }),
    async save(table, stored, next) {
      await table.write(self.change(stored, next));
      return { value: next, revision: stored.revision + 1 };
    },
    async update(table, key, step, known, along = () => []) {
      let stored = known ?? (await self.get(table, key));
      for (let attempt = 0; attempt < UPDATE_TRIES; attempt++) {
        if (stored === undefined) return undefined;
        const next = step(stored.value);
        if (next === undefined) return stored;
        try {
          const following = along(stored.value, next);
          if (following.length === 0) return await self.save(table, stored, next);
          await table.transact([self.change(stored, next), ...following]);
          return { value: next, revision: stored.revision + 1 };
        } catch (error) {
          if (!(error instanceof ConditionFailed)) throw error;
          stored = error.index === 0 ? error.existing && read(error.existing) : await self.get(table, key);
        }
      }
      throw new StaitheError(
        'busy',
        `The ${layout.kind} was changed by others ${UPDATE_TRIES} times in a row.`,
      );
    },
    async list(table, partition, paging, options) {
      const { items, next_cursor } = await listItems(table, partition, paging, options);
      return { items: items.map((item) => read(item).value), next_cursor };
    },
    async newestOf(table, id, partitions, { since, until, ...paging }, scope = partitions) {
      return listByTime(
        table,
        {
          name: `${layout.kind} ${JSON.stringify([scope, since, until])}`,
          partitions: partitions.map((partition) => timePartition(id, partition)),
          span: { since, until },
          view: async (items) => items.map((item) => read(item).value),
        },
        paging,
      );
    },
    async *pages(table, partition, options) {
      for await (const items of pagesOf(table, partition, options))
        yield items.map((item) => read(item).value);
    },
    async newest(table, partition) {
      const { items } = await table.query({ index: 'gsi1', partition, newestFirst: true, limit: 1 });
      return items[0] && read(items[0]).value;
    },
  };
  return self;
}

function withoutUndefined<T extends object>(value: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
