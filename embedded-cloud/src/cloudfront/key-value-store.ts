/** Key value stores of CloudFront, on disk. Limits: "Quotas on key value stores", CloudFront Developer Guide. */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openDatabase, transaction } from '../database.ts';
import { AwsError } from '../service.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS store (arn TEXT PRIMARY KEY, created REAL NOT NULL, modified REAL NOT NULL, revision INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS item (arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)) WITHOUT ROWID;
`;

const Row = z.object({
  arn: z.string(),
  /** Milliseconds since the epoch. */
  created: z.number(),
  modified: z.number(),
  revision: z.number(),
});
type Row = z.infer<typeof Row>;
const Item = z.object({ key: z.string(), value: z.string() });
export type Item = z.infer<typeof Item>;

export interface Changes {
  readonly puts: readonly Item[];
  readonly deletes: readonly string[];
}

const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 1024;
const MAX_STORE_BYTES = 5 * 2 ** 20;

const size = (text: string): number => Buffer.byteLength(text);

/** Names a state of the whole store: every change of any key makes another one. */
const etagOf = ({ arn, revision }: Row): string =>
  createHash('sha256').update(`${arn} ${revision}`).digest('base64url').slice(0, 16);

export class KeyValueStores {
  readonly #database: DatabaseSync;
  readonly #now: () => number;

  constructor(folder: string, now: () => number) {
    this.#database = openDatabase(folder, SCHEMA, 'all key value stores of CloudFront');
    this.#now = now;
  }

  close(): void {
    this.#database.close();
  }

  /** Makes the store, or keeps the one that is there. */
  ensure(arn: string): void {
    const now = this.#now();
    this.#database.prepare('INSERT INTO store VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING').run(arn, now, now);
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(arn: string) {
    const row = this.#row(arn);
    const items = this.items(arn);
    const TotalSizeInBytes = items.reduce((sum, { key, value }) => sum + size(key) + size(value), 0);
    return {
      etag: etagOf(row),
      created: row.created,
      modified: row.modified,
      ItemCount: items.length,
      TotalSizeInBytes,
    };
  }

  items(arn: string): Item[] {
    return this.#database
      .prepare('SELECT key, value FROM item WHERE arn = ? ORDER BY key')
      .all(arn)
      .map((row) => Item.parse(row));
  }

  find(arn: string, key: string): string | undefined {
    const row = this.#database.prepare('SELECT key, value FROM item WHERE arn = ? AND key = ?').get(arn, key);
    return row && Item.parse(row).value;
  }

  /**
   * Makes all of the changes, or none.
   * @param etag that of the store that the caller has seen
   * @throws AwsError ConflictException when it has another one by now, ValidationException, ServiceQuotaExceededException
   */
  change(arn: string, etag: string, { puts, deletes }: Changes): void {
    transaction(this.#database, () => {
      if (etag !== etagOf(this.#row(arn)))
        throw new AwsError(
          'ConflictException',
          'Pre-Condition failed: the ETag is not that of the store.',
          409,
        );
      for (const { key, value } of puts) {
        if (size(key) === 0 || size(key) > MAX_KEY_BYTES || size(value) > MAX_VALUE_BYTES)
          throw new AwsError(
            'ValidationException',
            `A key has 1 to 512 bytes and a value at most 1024: ${key}`,
          );
        this.#database.prepare('INSERT OR REPLACE INTO item VALUES (?, ?, ?)').run(arn, key, value);
      }
      for (const key of deletes) {
        const { changes } = this.#database
          .prepare('DELETE FROM item WHERE arn = ? AND key = ?')
          .run(arn, key);
        if (changes === 0) throw noKey(key);
      }
      if (this.describe(arn).TotalSizeInBytes > MAX_STORE_BYTES)
        throw new AwsError('ServiceQuotaExceededException', 'A key value store has at most 5 MB.', 402);
      this.#database
        .prepare('UPDATE store SET revision = revision + 1, modified = ? WHERE arn = ?')
        .run(this.#now(), arn);
    });
  }

  #row(arn: string): Row {
    const row = this.#database.prepare('SELECT * FROM store WHERE arn = ?').get(arn);
    if (row === undefined)
      throw new AwsError('ResourceNotFoundException', `Key Value Store was not found: ${arn}`, 404);
    return Row.parse(row);
  }
}

export const noKey = (key: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Key was not found in key value store: ${key}`, 404);
