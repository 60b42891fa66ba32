/**
 * The file in which one emulated service keeps its state: SQLite, as Node has it built in. A statement that has
 * returned survives `kill -9` of the process: with `journal_mode=WAL` and `synchronous=NORMAL` SQLite hands every
 * commit to the operating system before it returns (https://www.sqlite.org/wal.html); only a power cut may lose the
 * last ones.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expectFile } from './state/expected.ts';

/**
 * Opens (or creates) `<folder>/state.sqlite` and runs `schema`, which must be repeatable (`CREATE TABLE IF NOT EXISTS`).
 * Only its owner may read it.
 * @param folder the service's own state folder
 * @param holds what would be lost with the file, for the message that says so: "buckets and the list of their objects"
 * @throws Error that names the file when it cannot be opened
 */
export function openDatabase(folder: string, schema: string, holds: string): DatabaseSync {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'state.sqlite');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    // Before the first write: the files of the write-ahead log take over the mode.
    chmodSync(path, 0o600);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
    database.exec(schema);
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The state file ${path} cannot be opened: ${reason}. It holds ${holds}. Put back a copy of it, or remove the folder ${folder} to begin without what it holds.`,
      { cause: error },
    );
  }
  expectFile({ path, holds });
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
