/**
 * The file in which one emulated service keeps its state: SQLite, as Node has it built in. A statement that has
 * returned survives `kill -9` of the process: with `journal_mode=WAL` and `synchronous=NORMAL` SQLite hands every
 * commit to the operating system before it returns (https://www.sqlite.org/wal.html); only a power cut may lose the
 * last ones.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { expectFile } from './state/expected.ts';
import { useReserve } from './state/room.ts';

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
  return withReserve(database, dirname(folder));
}

/** A database of the same schema that is on no disk, and gone when it is closed. */
export function memoryDatabase(schema: string): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec(schema);
  return database;
}

/**
 * Runs `work` as one transaction: all of its statements, or none when it throws. On a full disk it is run once more, with
 * the reserve of the state folder.
 */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  return overFullDisk(
    () => once(database, work),
    () => makeRoom.get(database)?.() ?? false,
  );
}

function once<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk and a failed write have rolled it back already (https://www.sqlite.org/lang_transaction.html, 3.1).
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** By which each database gets room. */
const makeRoom = new WeakMap<DatabaseSync, () => boolean>();

/** From now on, statements of the database that meet a full disk are run once more, with the reserve. */
function withReserve(database: DatabaseSync, stateDir: string): DatabaseSync {
  const room = (): boolean => useReserve(stateDir);
  makeRoom.set(database, room);
  const prepare = database.prepare.bind(database);
  database.prepare = (...asked) => {
    const statement = prepare(...asked);
    // Within a transaction it is the whole that is run once more.
    const roomAlone = (): boolean => !database.isTransaction && room();
    for (const name of ['run', 'get', 'all'] as const) again(statement, name, roomAlone);
    return statement;
  };
  return database;
}

function again(statement: StatementSync, name: 'run' | 'get' | 'all', room: () => boolean): void {
  const method = statement[name];
  const guarded = (...values: unknown[]): unknown =>
    overFullDisk(() => Reflect.apply(method, statement, values), room);
  Object.assign(statement, { [name]: guarded });
}

function overFullDisk<T>(work: () => T, room: () => boolean): T {
  try {
    return work();
  } catch (error) {
    if (!isOutOfRoom(error) || !room()) throw error;
    return work();
  }
}

const FULL = 13;
const INPUT_OUTPUT = 10;

/** SQLITE_FULL, and SQLITE_IOERR, which files of the write-ahead log give (https://www.sqlite.org/rescode.html). */
function isOutOfRoom(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return [FULL, INPUT_OUTPUT].includes(code & 0xff);
}
