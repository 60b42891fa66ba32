/**
 * Bytes of objects and parts: one file each, under a random name, never changed once written. A file counts only
 * when a row of the database names it, so a crash leaves at worst a file that nothing names; `sweep` removes those.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, link, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expectFile } from '../state/expected.ts';

/** A stored piece of an object. An object put at once has one, one put in parts has one a part. */
export interface Piece {
  readonly file: string;
  readonly size: number;
}

/** Bytes gathered before a write: 1 MiB writes keep the disk busy at a fraction of the system calls. */
const WRITE_SIZE = 1024 * 1024;
/** Read ahead of a download; above 256 KiB the speed no longer grows. */
const READ_SIZE = 256 * 1024;

export class BlobStore {
  readonly #folder: string;
  readonly #startedAt = Date.now();
  /** Files being read, and those of them to be removed when the last reader is done. */
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();

  /** @param holds whose bytes they are, for the message when the folder is lost */
  constructor(folder: string, holds: string) {
    this.#folder = folder;
    for (let shard = 0; shard < 256; shard++) {
      mkdirSync(join(folder, shard.toString(16).padStart(2, '0')), { recursive: true, mode: 0o700 });
    }
    expectFile({ path: folder, holds });
  }

  #path(file: string): string {
    return join(this.#folder, file.slice(0, 2), file);
  }

  /** Writes what `source` yields; the file is gone again when `source` fails. */
  async write(source: AsyncIterable<Buffer>): Promise<Piece> {
    const file = randomBytes(16).toString('hex');
    const handle = await open(this.#path(file), 'wx', 0o600);
    try {
      const size = await writeAll(handle, source);
      await handle.close();
      return { file, size };
    } catch (error) {
      await handle.close().catch(() => undefined);
      await unlink(this.#path(file)).catch(() => undefined);
      throw error;
    }
  }

  /** A second name for the same bytes, at no cost: how objects are copied. */
  async link(piece: Piece): Promise<Piece> {
    const file = randomBytes(16).toString('hex');
    await link(this.#path(piece.file), this.#path(file));
    return { file, size: piece.size };
  }

  /**
   * Bytes `start` to `end` (inclusive) of the pieces one after the other. They stay readable to the end, even when
   * the object is overwritten or deleted meanwhile. The caller must read or destroy the stream.
   */
  read(pieces: readonly Piece[], start: number, end: number): Readable {
    const wanted: { file: string; from: number; to: number }[] = [];
    let offset = 0;
    for (const { file, size } of pieces) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, size - 1);
      if (size > 0 && from <= to) wanted.push({ file, from, to });
      offset += size;
    }
    for (const { file } of wanted) this.#readers.set(file, (this.#readers.get(file) ?? 0) + 1);
    const stream = Readable.from(this.#readAll(wanted), { objectMode: false, highWaterMark: READ_SIZE });
    stream.once('close', () => {
      for (const { file } of wanted) this.#release(file);
    });
    return stream;
  }

  async *#readAll(wanted: readonly { file: string; from: number; to: number }[]): AsyncGenerator<Buffer> {
    for (const { file, from, to } of wanted) {
      await using handle = await open(this.#path(file), 'r');
      for (let at = from; at <= to; ) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(READ_SIZE, to - at + 1));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) throw new Error(`the file ${this.#path(file)} is shorter than its row says`);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    }
  }

  #release(file: string): void {
    const readers = (this.#readers.get(file) ?? 1) - 1;
    if (readers > 0) this.#readers.set(file, readers);
    else {
      this.#readers.delete(file);
      if (this.#doomed.delete(file)) void this.#unlink(file);
    }
  }

  /** Removes files that no row names any longer. */
  remove(files: readonly string[]): void {
    for (const file of files) {
      if (this.#readers.has(file)) this.#doomed.add(file);
      else void this.#unlink(file);
    }
  }

  async #unlink(file: string): Promise<void> {
    // A file that stays (a full disk, a crash) is found by the next sweep.
    await unlink(this.#path(file)).catch(() => undefined);
  }

  /** Removes what a crash left: files from before this start that `named` does not know. Returns their number. */
  async sweep(named: (file: string) => boolean): Promise<number> {
    let removed = 0;
    for (const shard of await readdir(this.#folder)) {
      for (const file of await readdir(join(this.#folder, shard))) {
        if (named(file)) continue;
        const found = await stat(this.#path(file)).catch(() => undefined);
        // ctime, as a hard link keeps the mtime of its origin. Files of this start may be awaiting their row.
        if (found === undefined || found.ctimeMs >= this.#startedAt) continue;
        await this.#unlink(file);
        removed++;
      }
    }
    return removed;
  }
}

/** One write is under way while the next bytes arrive and are hashed. */
async function writeAll(handle: FileHandle, source: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  let gathered: Buffer[] = [];
  let waiting = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const batch = gathered;
    gathered = [];
    waiting = 0;
    await writing;
    writing = writeBatch(handle, batch);
    // Awaited by the next flush; until then a failure must not count as unhandled.
    writing.catch(() => undefined);
  };
  for await (const chunk of source) {
    size += chunk.length;
    waiting += chunk.length;
    gathered.push(chunk);
    if (waiting >= WRITE_SIZE) await flush();
  }
  await flush();
  await writing;
  return size;
}

async function writeBatch(handle: FileHandle, batch: readonly Buffer[]): Promise<void> {
  const total = batch.reduce((sum, chunk) => sum + chunk.length, 0);
  if (total === 0) return;
  const { bytesWritten } = await handle.writev([...batch]);
  // A short write happens when the disk runs full or a signal comes: the rest in one piece.
  if (bytesWritten < total) await handle.writeFile(Buffer.concat(batch).subarray(bytesWritten));
}
