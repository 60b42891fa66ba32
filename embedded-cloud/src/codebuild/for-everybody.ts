/**
 * Which files every user of this machine may read, by their modes. What cannot be looked at is not for everybody: nothing
 * here throws.
 */
import { type Dirent, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file, a folder with all that is in it, or a link. */
export interface Shown {
  readonly path: string;
  /** Of a link, where it leads: it is made anew, as what it leads to has rules of its own. */
  readonly target?: string;
}

/** Looking at so many takes a second, and some seconds where the disk must be asked. */
export const MOST_ENTRIES = 100_000;

/**
 * What of a file or folder is for everybody: itself, or the parts of it.
 * @param name what it is called in the parts
 * @returns undefined when it holds more than MOST_ENTRIES
 */
export function forEverybody(path: string, name: string = path): Shown[] | undefined {
  const real = realPath(path);
  if (real === undefined || !isReachable(real)) return [];
  let left = MOST_ENTRIES;
  const partsOf = (at: string, called: string): Shown[] | 'whole' => {
    left -= 1;
    const found = statusOf(at);
    if (left < 0 || found === undefined) return [];
    if (found.isFile()) return (found.mode & 0o004) === 0 ? [] : 'whole';
    const entries = found.isDirectory() && (found.mode & 0o005) === 0o005 ? entriesIn(at) : undefined;
    if (entries === undefined) return [];
    const parts = entries.map((entry) => {
      const child = join(called, entry.name);
      const target = entry.isSymbolicLink() ? linkAt(join(at, entry.name)) : undefined;
      if (target !== undefined) return { whole: true, shown: [{ path: child, target }] };
      const inside = partsOf(join(at, entry.name), child);
      return inside === 'whole' ? { whole: true, shown: [{ path: child }] } : { whole: false, shown: inside };
    });
    return parts.every(({ whole }) => whole) ? 'whole' : parts.flatMap(({ shown }) => shown);
  };
  const parts = partsOf(real, name);
  if (left < 0) return undefined;
  return parts === 'whole' ? [{ path: name }] : parts;
}

/** Whether everybody may pass the folders on the way. */
function isReachable(real: string): boolean {
  const parent = dirname(real);
  if (parent === real) return true;
  return ((statusOf(parent)?.mode ?? 0) & 0o001) !== 0 && isReachable(parent);
}

export const statusOf = (path: string): Stats | undefined => unlessHidden(() => statSync(path));
/** The path without links. */
export const realPath = (path: string): string | undefined => unlessHidden(() => realpathSync(path));
export const entriesIn = (folder: string): Dirent[] | undefined =>
  unlessHidden(() => readdirSync(folder, { withFileTypes: true }));
const linkAt = (path: string): string | undefined => unlessHidden(() => readlinkSync(path));

/** Nothing there, a link in a circle, or not for us. */
function unlessHidden<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
