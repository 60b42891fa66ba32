import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process has the state folder. */
export class StateInUseError extends Error {
  readonly folder: string;
  constructor(folder: string, cause: unknown) {
    super(`Another embedded cloud runs on ${folder}. Stop it, or start with another folder.`, { cause });
    this.name = 'StateInUseError';
    this.folder = folder;
  }
}

/** SQLITE_BUSY (sqlite.org/rescode.html): somebody else has the lock. */
const BUSY = 5;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/**
 * Keeps a second cloud off the same state folder. The lock is SQLite's own on a file of its own: the system lets go of
 * it when the process dies, however it dies, so nothing stale is ever left.
 * @returns lets go of the lock
 * @throws StateInUseError when another cloud has it | Error when the folder or the lock cannot be used
 */
export function lockState(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'lock.sqlite');
  const database = open(path);
  try {
    // Nothing is ever written, not even a journal: a start on a full disk is to find out that it is full.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
    if (code === BUSY) throw new StateInUseError(folder, error);
    if (code === NOT_A_DATABASE || code === CORRUPT)
      throw new Error(
        `The lock file ${path} is damaged. It holds nothing: make sure that no embedded cloud runs on ${folder}, and remove the file.`,
        { cause: error },
      );
    throw notWritable(folder, error);
  }
  return () => database.close();
}

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file);
  } catch (error) {
    throw notWritable(file, error);
  }
}

function notWritable(path: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`The state in ${path} cannot be written: ${reason}.`, { cause });
}
