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

/**
 * Keeps a second cloud off the same state folder. The lock is SQLite's own on a file of its own: the system lets go of
 * it when the process dies, however it dies, so nothing stale is ever left.
 * @returns lets go of the lock
 * @throws StateInUseError when another cloud has it | Error when the folder cannot be written
 */
export function lockState(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const database = open(join(folder, 'lock.sqlite'));
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw error instanceof Error && 'errcode' in error && error.errcode === BUSY
      ? new StateInUseError(folder, error)
      : notWritable(folder, error);
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
