/**
 * Room on the disk that has the state. A build may take all that there is; what the cloud has to write down even so has a
 * reserve: a file, which is removed when the disk is full and made again when it no longer is.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, statfsSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** Some thousand builds with their logs: what comes until somebody has made room. On a small disk an eighth of it. */
const RESERVE_BYTES = 32 * 1024 * 1024;
const SHARE = 8;
/** The reserve is made when this many times as much is free: it must not be what fills the disk. */
const AMPLE = 4;
/** Builds' agents look four times as often, and end first. */
const EVERY_MS = 1_000;
/** A start is busy enough, and a cloud that lives for a few seconds needs no reserve. */
const SETTLED_MS = 10_000;
/** What a start writes, some times over. */
const LEAST_BYTES = 4 * 1024 * 1024;
/** A reserve that could not be made (a quota, say, which the disk's free bytes do not know) is tried again so much later. */
const AGAIN_MS = 10 * 60_000;
/** Not zeros, which a file system may keep without room. */
const CHUNK = 1024 * 1024;

/** The disk of the state is full, and nothing that is the cloud's own to remove makes room. */
export class NoRoomError extends Error {
  constructor(stateDir: string, free: number) {
    super(
      `The disk that has ${stateDir} is full: ${inWords(free)} are free, and a start needs ${inWords(LEAST_BYTES)}. What earlier builds had left there is removed already.`,
    );
    this.name = 'NoRoomError';
  }
}

/** What is left for the user of this process, in bytes. A file system that does not tell its size has no end. */
export function freeBytes(folder: string): number {
  const { blocks, bavail, bsize } = statfsSync(folder);
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}

function reserveBytes(folder: string): number {
  const { blocks, bsize } = statfsSync(folder);
  return blocks === 0 ? RESERVE_BYTES : Math.min(RESERVE_BYTES, Math.floor((blocks * bsize) / SHARE));
}

const fileOf = (stateDir: string): string => join(stateDir, 'reserve');
/** The reserve while it is made: half of one is none. */
const unfinishedOf = (stateDir: string): string => `${fileOf(stateDir)}.new`;

/**
 * Gives the reserve up, also one that is being made. For whoever could not write, and tells that itself.
 * @returns whether there was one, so that a second try may succeed
 */
export function useReserve(stateDir: string): boolean {
  const files = [fileOf(stateDir), unfinishedOf(stateDir)].filter((file) => existsSync(file));
  try {
    for (const file of files) {
      // A file that is open keeps its room when it is removed.
      truncateSync(file);
      rmSync(file);
    }
    return files.length > 0;
  } catch {
    return false;
  }
}

/**
 * Before a start: looks whether there is room for it.
 * @param leftovers removes what nobody needs any more
 * @throws NoRoomError
 */
export async function requireRoom(stateDir: string, leftovers: () => Promise<void>): Promise<void> {
  if (freeBytes(stateDir) >= LEAST_BYTES) return;
  await leftovers();
  if (freeBytes(stateDir) < LEAST_BYTES) useReserve(stateDir);
  const free = freeBytes(stateDir);
  if (free < LEAST_BYTES) throw new NoRoomError(stateDir, free);
}

/** Keeps the reserve while the cloud runs. */
export class Reserve {
  readonly #stateDir: string;
  readonly #log: (message: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #making = false;
  #notBefore = 0;
  #told = '';

  constructor(stateDir: string, log: (message: string) => void) {
    this.#stateDir = stateDir;
    this.#log = log;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#timer = setInterval(() => void this.look(), EVERY_MS).unref();
    }, SETTLED_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Makes the reserve, or gives it up, by what is free now. What goes wrong is told once, and tried again. */
  async look(): Promise<void> {
    if (this.#making) return;
    try {
      await this.#look();
      this.#told = '';
    } catch (error) {
      const message = `the reserve in ${this.#stateDir} cannot be looked after: ${error}`;
      if (message !== this.#told) this.#log(message);
      this.#told = message;
    }
  }

  async #look(): Promise<void> {
    const held = existsSync(fileOf(this.#stateDir));
    const size = reserveBytes(this.#stateDir);
    const free = freeBytes(this.#stateDir);
    if (!held && free > AMPLE * size && performance.now() >= this.#notBefore) await this.#make(size);
    if (!held || free > size / AMPLE) return;
    if (!useReserve(this.#stateDir)) throw new Error('it cannot be removed, and the disk is nearly full');
    this.#log(
      `the disk that has ${this.#stateDir} is nearly full: ${inWords(free)} were left, and the reserve of ${inWords(size)} is in use now; make room`,
    );
  }

  async #make(size: number): Promise<void> {
    const unfinished = unfinishedOf(this.#stateDir);
    this.#making = true;
    try {
      await fill(unfinished, size);
      // Whoever needed room meanwhile has removed it.
      if (existsSync(unfinished)) renameSync(unfinished, fileOf(this.#stateDir));
    } catch (error) {
      this.#notBefore = performance.now() + AGAIN_MS;
      rmSync(unfinished, { force: true });
      this.#log(
        `not enough space for a reserve in ${this.#stateDir}: ${error}; it will be retried in ${AGAIN_MS / 60_000} minutes`,
      );
    } finally {
      this.#making = false;
    }
  }
}

/** Writes a file of the size, as long as nobody removes it. */
async function fill(file: string, size: number): Promise<void> {
  const chunk = randomBytes(Math.min(CHUNK, size));
  await using handle = await open(file, 'w', 0o600);
  for (let at = 0; at < size && existsSync(file); at += chunk.length) await handle.write(chunk);
}

function inWords(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${Math.round(bytes / 1024 / 1024)} MB`;
}
