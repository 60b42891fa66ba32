import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Keeps a second cloud off the same state folder. The lock is SQLite's own on a file of its own: the system lets go of
 * it when the process dies, however it dies, so nothing stale is ever left.
 * @returns lets go of the lock
 * @throws Error when another cloud has it
 */
export function lockState(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, 'lock.sqlite'));
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Error(`Another embedded cloud runs on ${folder}. Stop it, or start with another folder.`, {
      cause: error,
    });
  }
  return () => database.close();
}
