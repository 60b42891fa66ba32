/**
 * What is known of the tables beside their items: facts for authorisation (cached), and what the engines do not keep:
 * tags (DynamoDB Local has none) and point-in-time recovery (neither has it).
 */
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../database.ts';
import { AwsError } from '../service.ts';
import type { Backend } from './backend.ts';
import { record, text } from './shape.ts';
import { type TableFacts, tableFacts } from './table-facts.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tag (table_name TEXT, key TEXT, value TEXT, PRIMARY KEY (table_name, key));
  CREATE TABLE IF NOT EXISTS backups (table_name TEXT PRIMARY KEY, enabled_at REAL, recovery_days INTEGER);
  CREATE TABLE IF NOT EXISTS expired (
    table_name TEXT, keys TEXT, attribute TEXT, ttl TEXT, at REAL, PRIMARY KEY (table_name, keys, ttl)
  );
`;

/** Point-in-time recovery of a table. */
export interface Backups {
  /** When it was switched on, in milliseconds since the epoch. */
  readonly enabledAt: number;
  readonly recoveryDays: number;
}

export class Catalog {
  readonly database: DatabaseSync;
  readonly #backend: Backend;
  readonly #facts = new Map<string, TableFacts | Promise<TableFacts | undefined>>();

  constructor(folder: string, backend: Backend) {
    this.database = openDatabase(folder, SCHEMA, 'tags and settings of the tables');
    this.#backend = backend;
  }

  /** Facts of a table; undefined when there is none of that name. */
  factsOf(table: string): TableFacts | Promise<TableFacts | undefined> {
    const known = this.#facts.get(table);
    if (known) return known;
    const read = this.#read(table);
    this.#facts.set(table, read);
    return read;
  }

  async #read(table: string): Promise<TableFacts | undefined> {
    try {
      const described =
        record((await this.#backend.table('DescribeTable', { TableName: table })).Table) ?? {};
      const facts = tableFacts(described, this.tags(table));
      this.#facts.set(table, facts);
      return facts;
    } catch (error) {
      this.#facts.delete(table);
      if (error instanceof AwsError && error.status < 500) return undefined;
      throw error;
    }
  }

  /** To be called whenever a table was made, changed or deleted. */
  forget(table: string): void {
    this.#facts.delete(table);
  }

  tags(table: string): Map<string, string> {
    const rows = this.database
      .prepare('SELECT key, value FROM tag WHERE table_name = ? ORDER BY key')
      .all(table);
    return new Map(rows.map((row) => [text(row.key) ?? '', text(row.value) ?? '']));
  }

  tag(table: string, tags: Iterable<readonly [string, string]>): void {
    const insert = this.database.prepare('INSERT OR REPLACE INTO tag VALUES (?, ?, ?)');
    for (const [key, value] of tags) insert.run(table, key, value);
    this.forget(table);
  }

  untag(table: string, keys: readonly string[]): void {
    const remove = this.database.prepare('DELETE FROM tag WHERE table_name = ? AND key = ?');
    for (const key of keys) remove.run(table, key);
    this.forget(table);
  }

  backups(table: string): Backups | undefined {
    const row = this.database.prepare('SELECT * FROM backups WHERE table_name = ?').get(table);
    return row && { enabledAt: Number(row.enabled_at), recoveryDays: Number(row.recovery_days) };
  }

  /** Switches point-in-time recovery on (keeping the first time if it was on) or, with undefined, off. */
  setBackups(table: string, backups: Backups | undefined): void {
    if (!backups) this.database.prepare('DELETE FROM backups WHERE table_name = ?').run(table);
    else
      this.database
        .prepare(
          'INSERT INTO backups VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET recovery_days = excluded.recovery_days',
        )
        .run(table, backups.enabledAt, backups.recoveryDays);
  }

  /** Removes what is kept about a deleted table. */
  drop(table: string): void {
    for (const kept of ['tag', 'backups', 'expired'])
      this.database.prepare(`DELETE FROM ${kept} WHERE table_name = ?`).run(table);
    this.forget(table);
  }
}
