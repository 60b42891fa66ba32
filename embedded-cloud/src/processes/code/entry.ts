/** What archives hold, and where it may go: nothing leaves the folder that an archive is unpacked into. */
import { createWriteStream, lstatSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Keep an archive from filling the disk: 2 GiB unpacked, 100,000 entries. */
const MAX_BYTES = 2 * 1024 ** 3;
const MAX_ENTRIES = 100_000;

/** An archive that is not unpacked; the message is for the user. */
export class ArchiveError extends Error {}

export class Unpacked {
  readonly #folder: string;
  readonly #links: { name: string; target: string }[] = [];
  #bytes = 0;
  #entries = 0;

  /** @param folder exists, is empty, and is named without links */
  constructor(folder: string) {
    this.#folder = folder;
  }

  addFolder(name: string): void {
    mkdirSync(this.#pathOf(name), { recursive: true });
  }

  /** @param size as the archive states it */
  async addFile(
    name: string,
    { size, executable }: { size: number; executable: boolean },
    content: Readable | AsyncIterable<Buffer>,
  ): Promise<void> {
    this.#bytes += size;
    if (this.#bytes > MAX_BYTES) throw new ArchiveError('The archive is larger than 2 GiB when unpacked.');
    const path = this.#pathOf(name);
    mkdirSync(dirname(path), { recursive: true });
    // `wx`: of two entries with one name, a check could see the one and a program the other.
    await pipeline(content, createWriteStream(path, { flags: 'wx', mode: executable ? 0o755 : 0o644 })).catch(
      (error: unknown) => {
        throw isExisting(error) ? new ArchiveError(`The archive has '${name}' twice.`) : error;
      },
    );
  }

  /** Links are made last, so that no file is written through one. */
  addLink(name: string, target: string): void {
    this.#pathOf(name);
    this.#links.push({ name, target });
  }

  /** @throws ArchiveError for a link that leads out of the folder, or nowhere, and for one that would be made outside through another */
  finish(): void {
    for (const { name, target } of this.#links) {
      const path = this.#pathOf(name);
      const parent = realPath(nearestExisting(dirname(path)));
      if (parent === undefined || !isWithin(this.#folder, parent))
        throw new ArchiveError(`The archive has '${name}' below a link that leads out of its folder.`);
      mkdirSync(dirname(path), { recursive: true });
      try {
        symlinkSync(target, path);
      } catch (error) {
        throw isExisting(error) ? new ArchiveError(`The archive has '${name}' twice.`) : error;
      }
    }
    for (const { name, target } of this.#links) {
      const found = realPath(join(this.#folder, name));
      if (found === undefined || !isWithin(this.#folder, found))
        throw new ArchiveError(`The link '${name}' leads to '${target}', which is not in the archive.`);
    }
  }

  #pathOf(name: string): string {
    this.#entries += 1;
    if (this.#entries > 2 * MAX_ENTRIES)
      throw new ArchiveError(`The archive has more than ${MAX_ENTRIES} entries.`);
    const path = resolve(this.#folder, name);
    const isPlain = !name.startsWith('/') && !name.includes('\\') && !name.includes('\0');
    if (!isPlain || name.split('/').includes('..') || !isWithin(this.#folder, path))
      throw new ArchiveError(`The archive has an entry outside of its folder: '${name}'.`);
    return path;
  }
}

const isWithin = (folder: string, path: string): boolean => `${path}${sep}`.startsWith(`${folder}${sep}`);

const isExisting = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'EISDIR');

/** The path itself or the lowest folder above it that is there; a link is there also when it leads nowhere. */
function nearestExisting(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? nearestExisting(dirname(path)) : path;
}

function realPath(path: string): string | undefined {
  try {
    // Not the one written in JavaScript, which takes `..` away before it follows links.
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}
