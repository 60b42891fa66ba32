/** The table port: keyed items, conditional writes, ordered queries. DynamoDB's model, and nothing that would need a scan. */

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** What every item carries beside its own attributes. */
export interface Item extends Key {
  /** The sparse index that lists read; both or neither. */
  readonly gsi1pk?: string;
  readonly gsi1sk?: string;
  /** The sparse index of what has not ended, keys only, that the reconciler reads; both or neither. */
  readonly gsi2pk?: string;
  readonly gsi2sk?: string;
  /** What the item is, e.g. `run`: the stream's reader goes by it. */
  readonly entity: string;
  /** Counts writes; compare-and-swap goes by it. */
  readonly revision: number;
  /** Seconds since the epoch after which the item may vanish. */
  readonly ttl?: number;
  readonly [attribute: string]: unknown;
}

/** What must hold for a write to happen. */
export type Condition =
  | { readonly absent: true }
  | { readonly present: true }
  | { readonly revision: number }
  | { readonly any: true };

export type Write =
  | { readonly put: Item; readonly when: Condition }
  | { readonly remove: Key; readonly when: Condition };

/** What must hold of an item that a transaction does not change. */
export interface Check {
  readonly check: Key;
  readonly when: { readonly present: true } | { readonly revision: number };
}

/** Where a page ended: the keys of its last item. */
export interface Position {
  readonly pk: string;
  readonly sk: string;
  readonly gsi1pk?: string;
  readonly gsi1sk?: string;
  readonly gsi2pk?: string;
  readonly gsi2sk?: string;
}

export interface Query {
  /** `gsi2` gives keys only. */
  readonly index?: 'gsi1' | 'gsi2';
  /** The partition: `pk`, or `gsi1pk` or `gsi2pk` on an index. */
  readonly partition: string;
  /** Only sort keys that begin so. */
  readonly prefix?: string;
  /** Only sort keys within, both ends included; not together with `prefix`. */
  readonly range?: { readonly from: string; readonly to: string };
  readonly newestFirst?: boolean;
  readonly limit: number;
  readonly after?: Position;
}

export interface Page {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly last?: Position;
}

export interface Table {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>;
  /** Strongly consistent; up to 100 keys (BatchGetItem's limit), absent ones left out, order not kept. */
  getMany(keys: readonly Key[]): Promise<readonly Item[]>;
  /** One write, all or nothing. @throws ConditionFailed */
  write(write: Write): Promise<void>;
  /** Up to 100 writes and checks on different keys, all or nothing. @throws ConditionFailed of the first whose condition did not hold */
  transact(writes: readonly (Write | Check)[]): Promise<void>;
  /** Ordered by sort key. Strongly consistent on the table, eventually on the index. */
  query(query: Query): Promise<Page>;
}

/** A condition did not hold, and nothing was written. */
export class ConditionFailed extends Error {
  /** The item as it stands, when there is one. */
  readonly existing: Item | undefined;
  /** Which write or check of a transaction, from 0. */
  readonly index: number;

  constructor(existing: Item | undefined, index = 0) {
    super('The condition of the write did not hold.');
    this.name = 'ConditionFailed';
    this.existing = existing;
    this.index = index;
  }
}
