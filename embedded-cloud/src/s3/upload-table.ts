/** Multipart uploads under way, and their parts, in the database. */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import { transaction } from '../database.ts';
import { s3Error } from './errors.ts';
import type { ObjectTable } from './object-table.ts';
import { type UploadDetails, uploadDetails } from './schema.ts';

export interface Upload extends UploadDetails {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: number;
}

const uploadRow = z.object({
  id: z.string(),
  bucket: z.string(),
  key: z.string(),
  initiated: z.number(),
  details: z.string(),
});
const partRow = z.object({
  number: z.number(),
  file: z.string(),
  size: z.number(),
  etag: z.string(),
  modified: z.number(),
  /** Base64, in the upload's algorithm. */
  checksum: z.string().nullable(),
});
const partRows = z.array(partRow);

export type Part = z.infer<typeof partRow>;

function toUpload(row: unknown): Upload {
  const { details, ...upload } = uploadRow.parse(row);
  return { ...upload, ...uploadDetails.parse(JSON.parse(details)) };
}

export class UploadTable {
  readonly #database: DatabaseSync;
  readonly #objects: ObjectTable;
  readonly #now: () => number;
  readonly #find: StatementSync;
  readonly #parts: StatementSync;
  readonly #part: StatementSync;
  readonly #putPart: StatementSync;

  constructor(database: DatabaseSync, objects: ObjectTable, now: () => number) {
    this.#database = database;
    this.#objects = objects;
    this.#now = now;
    this.#find = database.prepare('SELECT * FROM uploads WHERE id = ?');
    this.#parts = database.prepare(
      'SELECT * FROM parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?',
    );
    this.#part = database.prepare('SELECT * FROM parts WHERE upload = ? AND number = ?');
    this.#putPart = database.prepare('INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)');
  }

  create(bucket: string, key: string, details: UploadDetails): Upload {
    const id = randomBytes(48).toString('base64url');
    const initiated = this.#now();
    this.#database
      .prepare('INSERT INTO uploads VALUES (?, ?, ?, ?, ?)')
      .run(id, bucket, key, initiated, JSON.stringify(details));
    return { ...details, id, bucket, key, initiated };
  }

  /** @throws NoSuchUpload unless the upload is under way for this very key */
  get(id: string, bucket: string, key: string): Upload {
    const row = this.#find.get(id);
    const upload = row === undefined ? undefined : toUpload(row);
    if (upload?.bucket !== bucket || upload.key !== key)
      throw s3Error('NoSuchUpload', undefined, { UploadId: id });
    return upload;
  }

  /** Parts by number, those above `after`. */
  parts(id: string, after = 0, limit = 10_000): Part[] {
    return partRows.parse(this.#parts.all(id, after, limit));
  }

  /** Adds a part or replaces the one of its number. @returns files that nothing names any longer */
  putPart(upload: Upload, part: Part): string[] {
    return transaction(this.#database, () => {
      // It may have been completed or aborted while the bytes came.
      this.get(upload.id, upload.bucket, upload.key);
      const row = this.#part.get(upload.id, part.number);
      const before = row === undefined ? [] : [partRow.parse(row).file];
      for (const file of before) this.#objects.dropFile(file);
      this.#putPart.run(
        upload.id,
        part.number,
        part.file,
        part.size,
        part.etag,
        part.modified,
        part.checksum,
      );
      this.#objects.addFile(part.file);
      return before;
    });
  }

  /** Inside a transaction: forgets the upload. @returns files of its parts, save those of `kept` */
  forget(id: string, kept: ReadonlySet<string> = new Set()): string[] {
    const files = this.parts(id)
      .map(({ file }) => file)
      .filter((file) => !kept.has(file));
    this.#database.prepare('DELETE FROM parts WHERE upload = ?').run(id);
    this.#database.prepare('DELETE FROM uploads WHERE id = ?').run(id);
    for (const file of files) this.#objects.dropFile(file);
    return files;
  }

  abort(id: string): string[] {
    return transaction(this.#database, () => this.forget(id));
  }

  /** Uploads of a bucket by key, then id, behind the given pair. */
  list(bucket: string, after: { key: string; id: string }, limit: number): Upload[] {
    return this.#database
      .prepare('SELECT * FROM uploads WHERE bucket = ? AND (key, id) > (?, ?) ORDER BY key, id LIMIT ?')
      .all(bucket, after.key, after.id, limit)
      .map(toUpload);
  }
}
