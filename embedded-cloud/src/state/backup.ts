/**
 * Backups of the state's files, in `backup/<service>/` of the state folder: a `recent` one, of minutes ago, and a `daily`
 * one, which is at least as old as the recent one. They help against a file that got damaged or lost, not against a
 * wrong call. Folders of bytes (S3's objects, images, code) have none.
 */
import { existsSync } from 'node:fs';
import { chmod, constants, copyFile, mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { type ExpectedFile, expectedFiles, isDatabase, problemOf } from './expected.ts';

/** The first one waits until a start is over; then a backup costs a copy of what has changed. */
const FIRST_MS = 60_000;
const EVERY_MS = 10 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
/** Two copies of a larger file would be a surprise on a laptop's disk. */
const LARGEST = 512 * 1024 * 1024;
/** By so much times of files may be behind the clock: a tick of the slowest kernel (100 Hz). */
const TICK_MS = 10;

export const backupsOf = (path: string): { recent: string; daily: string } => {
  const place = join(dirname(dirname(path)), 'backup', basename(dirname(path)), basename(path));
  return { recent: `${place}.recent`, daily: `${place}.daily` };
};

export class Backups {
  readonly #stateDir: string;
  readonly #log: (message: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #started = false;

  constructor(stateDir: string, log: (message: string) => void) {
    this.#stateDir = stateDir;
    this.#log = log;
  }

  start(delay = FIRST_MS): void {
    this.#started = true;
    this.#timer = setTimeout(() => {
      this.#running = this.#all(false).finally(() => this.start(EVERY_MS));
    }, delay).unref();
  }

  /** The last backup, of closed files. A cloud that did not come up makes none: its files may be what is wrong. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running;
    clearTimeout(this.#timer);
    if (this.#started) await this.#all(true);
  }

  async #all(still: boolean): Promise<void> {
    for (const file of expectedFiles(this.#stateDir))
      await backUp(file, still).catch((error: unknown) =>
        this.#log(`${file.path} could not be backed up: ${error instanceof Error ? error.message : error}`),
      );
  }
}

/**
 * Copies the file where it has changed since it was copied last.
 * @param still nothing has it open
 * @throws Error when the copy is not good
 */
export async function backUp(file: ExpectedFile, still: boolean): Promise<void> {
  const { path } = file;
  const { recent, daily } = backupsOf(path);
  const source = await stat(path);
  if (source.isDirectory() || (await changedAt(path)) <= (await modifiedAt(recent))) return;
  if (source.size > LARGEST) throw new Error(`it is larger than ${LARGEST / 1024 / 1024} MB`);
  await mkdir(dirname(recent), { recursive: true, mode: 0o700 });
  const draft = `${recent}.new`;
  const began = new Date(Date.now() - TICK_MS);
  await rm(draft, { force: true });
  try {
    if (!(await copied(path, draft, still))) return;
    await chmod(draft, 0o600);
    const problem = problemOf({ ...file, path: draft }, true);
    if (problem !== undefined) throw new Error(`the copy ${problem}`);
    // What is written while the copy is made is newer than the copy, so that the next one has it.
    await utimes(draft, began, began);
    if ((await modifiedAt(daily)) + DAY_MS < Date.now() && existsSync(recent)) await rename(recent, daily);
    await rename(draft, recent);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * A consistent copy. A database that is open in write-ahead mode is read in one transaction on a thread of Node's pool,
 * while its writers go on. In another mode that would hold them up: false, and the next stop makes the copy.
 */
async function copied(path: string, draft: string, still: boolean): Promise<boolean> {
  const complete = still && !['-wal', '-journal'].some((suffix) => existsSync(path + suffix));
  if (complete || !isDatabase(path)) {
    // A file system that can share blocks makes this a matter of microseconds.
    await copyFile(path, draft, constants.COPYFILE_FICLONE);
    return true;
  }
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const { journal_mode: mode } = database.prepare('PRAGMA journal_mode').get() ?? {};
    if (mode !== 'wal' && !still) return false;
    // All pages in one step: between steps another process's writes would make it begin again.
    await backup(database, draft, { rate: 2 ** 31 - 1 });
    return true;
  } finally {
    database.close();
  }
}

async function modifiedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** With a write-ahead log, changes are in the log first. */
async function changedAt(path: string): Promise<number> {
  return Math.max(await modifiedAt(path), await modifiedAt(`${path}-wal`));
}
