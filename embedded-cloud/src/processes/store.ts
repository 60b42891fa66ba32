/** The process groups that exist: SQLite documents, with every one also in memory, as each request looks one up. */
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../database.ts';
import { type GroupRecord, groupSchema } from './records.ts';

const SCHEMA = 'CREATE TABLE IF NOT EXISTS groups (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;';

export class GroupStore {
  readonly #database: DatabaseSync;
  readonly #groups = new Map<string, GroupRecord>();

  constructor(folder: string) {
    this.#database = openDatabase(folder, SCHEMA, 'process groups and their versions');
    for (const row of this.#database.prepare('SELECT body FROM groups').all()) {
      const group = groupSchema.parse(JSON.parse(String(row.body)));
      this.#groups.set(group.name, group);
    }
  }

  find(name: string): GroupRecord | undefined {
    return this.#groups.get(name);
  }

  /** In the order of their names. */
  all(): GroupRecord[] {
    return [...this.#groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Writes the record; it survives a crash once this has returned. */
  save(group: GroupRecord): GroupRecord {
    this.#database
      .prepare(
        'INSERT INTO groups (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body',
      )
      .run(group.name, JSON.stringify(group));
    this.#groups.set(group.name, group);
    return group;
  }

  delete(name: string): void {
    this.#database.prepare('DELETE FROM groups WHERE name = ?').run(name);
    this.#groups.delete(name);
  }

  close(): void {
    this.#database.close();
  }
}
