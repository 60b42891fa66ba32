/**
 * The file in which one emulated service keeps its state: SQLite, as Node has it built in. A statement that has
 * returned survives `kill -9` of the process: with `journal_mode=WAL` and `synchronous=NORMAL` SQLite hands every
 * commit to the operating system before it returns (https://www.sqlite.org/wal.html); only a power cut may lose the
 * last ones.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Opens (or creates) `<folder>/state.sqlite` and runs `schema`, which must be repeatable (`CREATE TABLE IF NOT EXISTS`).
 * @param folder the service's own state folder
 */
export function openDatabase(folder: string, schema: string): DatabaseSync {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, 'state.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
  database.exec(schema);
  return database;
}

/** Runs `work` as one transaction: all of its statements, or none when it throws. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
