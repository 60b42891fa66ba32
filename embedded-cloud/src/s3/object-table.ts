/** Objects and their versions in the database. Every change also writes its event, in the same transaction. */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { transaction } from '../database.ts';
import { s3Error } from './errors.ts';
import type { Outbox } from './outbox.ts';
import { type ObjectDetails, type ObjectVersion, toObjectVersion } from './schema.ts';

export type Versioning = 'Enabled' | 'Suspended' | undefined;

/** What is about to become the latest version of a key. */
export interface NewObject extends ObjectDetails {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** Told of the change inside its transaction: returns the events that go to the outbox with it. */
type Announce = (version: ObjectVersion) => readonly string[];

export interface Removal {
  /** What was removed for good, if anything was there. */
  readonly removed?: ObjectVersion;
  /** The delete marker that was made instead. */
  readonly marker?: ObjectVersion;
  /** Files that nothing names any longer. */
  readonly files: readonly string[];
}

const NO_DETAILS: ObjectDetails = {
  headers: {},
  tags: {},
  storageClass: 'STANDARD',
  encryption: {},
  pieces: [],
  multipart: false,
};

export class ObjectTable {
  readonly #database: DatabaseSync;
  readonly #outbox: Outbox;
  readonly #now: () => number;
  readonly #latest: StatementSync;
  readonly #version: StatementSync;
  readonly #insert: StatementSync;
  readonly #demote: StatementSync;
  readonly #promote: StatementSync;
  readonly #delete: StatementSync;
  readonly #setDetails: StatementSync;
  readonly #addFile: StatementSync;
  readonly #dropFile: StatementSync;
  readonly #hasFile: StatementSync;
  #sequence: number;

  constructor(database: DatabaseSync, outbox: Outbox, now: () => number) {
    this.#database = database;
    this.#outbox = outbox;
    this.#now = now;
    this.#latest = database.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ? AND latest = 1');
    this.#version = database.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ? AND version = ?');
    this.#insert = database.prepare('INSERT INTO objects VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)');
    this.#demote = database.prepare(
      'UPDATE objects SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1',
    );
    this.#promote = database.prepare(
      `UPDATE objects SET latest = 1 WHERE rowid =
         (SELECT rowid FROM objects WHERE bucket = ? AND key = ? ORDER BY sequence DESC LIMIT 1)`,
    );
    this.#delete = database.prepare('DELETE FROM objects WHERE bucket = ? AND key = ? AND version = ?');
    this.#setDetails = database.prepare(
      'UPDATE objects SET details = ? WHERE bucket = ? AND key = ? AND version = ?',
    );
    this.#addFile = database.prepare('INSERT INTO files VALUES (?) ON CONFLICT DO NOTHING');
    this.#dropFile = database.prepare('DELETE FROM files WHERE name = ?');
    this.#hasFile = database.prepare('SELECT 1 FROM files WHERE name = ?');
    const last = database.prepare('SELECT max(sequence) AS last FROM objects').get()?.last;
    this.#sequence = typeof last === 'number' ? last : 0;
  }

  /** Microseconds of the clock, or one more than the last: it grows even when the clock goes back. */
  #nextSequence(): number {
    this.#sequence = Math.max(this.#sequence + 1, this.#now() * 1000);
    return this.#sequence;
  }

  /** The latest version, which may be a delete marker. */
  latest(bucket: string, key: string): ObjectVersion | undefined {
    const row = this.#latest.get(bucket, key);
    return row === undefined ? undefined : toObjectVersion(row);
  }

  version(bucket: string, key: string, version: string): ObjectVersion | undefined {
    const row = this.#version.get(bucket, key, version);
    return row === undefined ? undefined : toObjectVersion(row);
  }

  namesFile(file: string): boolean {
    return this.#hasFile.get(file) !== undefined;
  }

  /** For parts of uploads, which live in a table of their own; call inside a transaction. */
  addFile(file: string): void {
    this.#addFile.run(file);
  }

  dropFile(file: string): void {
    this.#dropFile.run(file);
  }

  /**
   * Makes `object` the latest version.
   * @param check sees what is there at the moment of the change, and throws when a precondition fails
   * @param also further statements of the same transaction
   * @returns the new version, and files that nothing names any longer
   */
  put(
    object: NewObject,
    versioning: Versioning,
    announce: Announce,
    check: (current: ObjectVersion | undefined) => void = () => undefined,
    also: () => void = () => undefined,
  ): { version: ObjectVersion; files: readonly string[] } {
    const done = transaction(this.#database, () => {
      const current = this.latest(object.bucket, object.key);
      check(current?.marker ? undefined : current);
      const files = this.#supersede(object.bucket, object.key, versioning);
      const version = this.#add(object, versioning, false);
      also();
      for (const event of announce(version)) this.#outbox.add(event);
      return { version, files };
    });
    this.#outbox.wake();
    return done;
  }

  /** Makes room for a new latest version: the `null` version is replaced unless versioning is on. */
  #supersede(bucket: string, key: string, versioning: Versioning): string[] {
    const files: string[] = [];
    if (versioning !== 'Enabled') files.push(...this.#remove(this.version(bucket, key, 'null')));
    this.#demote.run(bucket, key);
    return files;
  }

  #add(object: NewObject, versioning: Versioning, marker: boolean): ObjectVersion {
    const { bucket, key, size, etag, ...details } = object;
    // 24 bytes make 32 characters, as long as S3's own version ids.
    const version = versioning === 'Enabled' ? randomBytes(24).toString('base64url') : 'null';
    const sequence = this.#nextSequence();
    const modified = this.#now();
    this.#insert.run(
      bucket,
      key,
      version,
      sequence,
      marker ? 1 : 0,
      modified,
      size,
      etag,
      JSON.stringify(details),
    );
    for (const { file } of details.pieces) this.#addFile.run(file);
    return { ...object, version, sequence, latest: true, marker, modified };
  }

  #remove(version: ObjectVersion | undefined): string[] {
    if (version === undefined) return [];
    this.#delete.run(version.bucket, version.key, version.version);
    const files = version.pieces.map(({ file }) => file);
    for (const file of files) this.#dropFile.run(file);
    return files;
  }

  /**
   * DeleteObject: with a version id (or no versioning) the version goes for good, else a delete marker hides the key.
   * @param announce called with what was removed or made
   */
  delete(
    target: { bucket: string; key: string; version?: string | undefined },
    versioning: Versioning,
    announce: Announce,
    check: (current: ObjectVersion | undefined) => void = () => undefined,
  ): Removal {
    const { bucket, key } = target;
    const removal = transaction(this.#database, (): Removal => {
      const current = this.latest(bucket, key);
      check(current?.marker ? undefined : current);
      if (target.version !== undefined || versioning === undefined) {
        const removed = this.version(bucket, key, target.version ?? 'null');
        if (removed === undefined) return { files: [] };
        const files = this.#remove(removed);
        if (removed.latest) this.#promote.run(bucket, key);
        // The removal is an event of its own time, about something that is the latest no longer.
        const gone = { ...removed, latest: false, sequence: this.#nextSequence(), modified: this.#now() };
        for (const event of announce(gone)) this.#outbox.add(event);
        return { removed, files };
      }
      const files = this.#supersede(bucket, key, versioning);
      const marker = this.#add({ ...NO_DETAILS, bucket, key, size: 0, etag: '' }, versioning, true);
      for (const event of announce(marker)) this.#outbox.add(event);
      return { marker, files };
    });
    this.#outbox.wake();
    return removal;
  }

  /** Replaces the tags of a version. @throws NoSuchKey when it is gone meanwhile */
  setTags(object: ObjectVersion, tags: Record<string, string>): void {
    transaction(this.#database, () => {
      const current = this.version(object.bucket, object.key, object.version);
      if (current === undefined || current.sequence !== object.sequence) throw s3Error('NoSuchKey');
      const { headers, storageClass, encryption, pieces, multipart, checksum } = current;
      const details = { headers, tags, storageClass, encryption, pieces, multipart, checksum };
      this.#setDetails.run(JSON.stringify(details), object.bucket, object.key, object.version);
    });
  }
}
