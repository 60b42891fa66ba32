/** The functions that exist: SQLite documents, with every one also in memory, as a warm invocation looks one up. */
import type { DatabaseSync } from 'node:sqlite';
import { AwsError } from '../service.ts';
import { type FunctionRecord, functionSchema, type Version } from './records.ts';

/** Tables of the Lambda service. `events` are asynchronous invocations, `checkpoints` the places read in streams. */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS functions (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, function TEXT NOT NULL, qualifier TEXT NOT NULL, payload TEXT NOT NULL,
    received INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS events_by_due ON events (due);
  CREATE TABLE IF NOT EXISTS checkpoints (
    mapping TEXT NOT NULL, shard TEXT NOT NULL, sequence TEXT NOT NULL, PRIMARY KEY (mapping, shard)
  ) STRICT;
`;

export class FunctionStore {
  readonly #database: DatabaseSync;
  readonly #functions = new Map<string, FunctionRecord>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    for (const row of database.prepare('SELECT body FROM functions ORDER BY name').all()) {
      const record = functionSchema.parse(JSON.parse(String(row.body)));
      this.#functions.set(record.name, record);
    }
  }

  find(name: string): FunctionRecord | undefined {
    return this.#functions.get(name);
  }

  /** @throws ResourceNotFoundException as AWS words it; `arn` is what the caller asked for */
  get(name: string, arn: string): FunctionRecord {
    const record = this.#functions.get(name);
    if (!record) throw functionNotFound(arn);
    return record;
  }

  /** In the order of their names, as ListFunctions pages through them. */
  all(): FunctionRecord[] {
    return [...this.#functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Of all versions, and of what an update under way is to replace. */
  codeFolders(): Set<string> {
    const versions: Version[] = this.all().flatMap(({ latest, versions }) => [latest, ...versions]);
    return new Set(
      versions.flatMap(({ code, former }) => [code.folder, ...(former ? [former.code.folder] : [])]),
    );
  }

  /** Writes the record; it survives a crash once this has returned. */
  save(record: FunctionRecord): FunctionRecord {
    this.#database
      .prepare(
        'INSERT INTO functions (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body',
      )
      .run(record.name, JSON.stringify(record));
    this.#functions.set(record.name, record);
    return record;
  }

  delete(name: string): void {
    this.#database.prepare('DELETE FROM functions WHERE name = ?').run(name);
    this.#functions.delete(name);
  }
}

export function functionNotFound(arn: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404, { Type: 'User' });
}
