/**
 * The root of an image on this machine's disk, which layers fill. Links of the image lead around within the root only: a
 * path is walked link by link, and `..` and absolute targets end at the root.
 */
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/** As many links as Linux follows in a path. */
const MOST_LINKS = 40;
/** Neither setuid nor sticky bits. */
const PERMISSIONS = 0o777;
/** Of folders that are being filled. */
const OWN_FOLDER = 0o700;
/** Of complete ones: so that they can be removed again. The function sees them read-only in any case. */
const OWN_WRITE = 0o200;
/** Without these, a folder can only be given its mode once it is filled. */
const OWN_ENTRY = 0o500;

/** Modes are those for the function: on disk all belongs to one user, as whom it runs. */
export class RootFolder {
  readonly #root: string;
  /** Folders that the function may not list or enter, with their modes: closed when all is there. */
  readonly #closed = new Map<string, number>();

  constructor(root: string) {
    this.#root = root;
    mkdirSync(root, { recursive: true });
  }

  /** Makes a folder, or gives the one that is there the mode. @returns its path */
  folder(path: string, mode: number): string {
    const at = this.place(path);
    if (!lstatSync(at, { throwIfNoEntry: false })?.isDirectory()) {
      rmSync(at, { force: true });
      mkdirSync(at);
    }
    chmodSync(at, (mode & PERMISSIONS) | OWN_FOLDER);
    if ((mode & OWN_ENTRY) === OWN_ENTRY) this.#closed.delete(at);
    else this.#closed.set(at, (mode & PERMISSIONS) | OWN_WRITE);
    return at;
  }

  /** Makes an empty file, open for writing. */
  file(path: string, mode: number): { at: string; descriptor: number } {
    const at = this.#free(path);
    return { at, descriptor: openSync(at, 'wx', mode & PERMISSIONS) };
  }

  symbolicLink(path: string, target: string): string {
    const at = this.#free(path);
    symlinkSync(target, at);
    return at;
  }

  hardLink(path: string, target: string): string {
    const from = this.place(target);
    const at = this.place(path);
    if (at === from) return at;
    this.#clear(at);
    linkSync(from, at);
    return at;
  }

  remove(path: string): void {
    this.#clear(this.place(path));
  }

  /** To be called once, when nothing is to be added any more. */
  complete(): void {
    // What is in a folder before the folder.
    const deepest = [...this.#closed].sort(([a], [b]) => b.length - a.length);
    for (const [at, mode] of deepest) chmodSync(at, mode);
  }

  /** Removes from a folder all but what is among `kept`. */
  clear(path: string, kept: ReadonlySet<string>): void {
    const clear = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const at = join(folder, entry.name);
        if (!kept.has(at)) this.#clear(at);
        else if (entry.isDirectory()) clear(at);
      }
    };
    const at = this.place(path);
    if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory()) clear(at);
  }

  /** Where a path of the image is on this machine; its folder is there. A link at the path itself is not followed. */
  place(path: string): string {
    const name = basename(path);
    if (name === '' || name === '.' || name === '..') return this.#root;
    const folder = this.#walk(dirname(path));
    mkdirSync(folder, { recursive: true });
    return join(folder, name);
  }

  #free(path: string): string {
    const at = this.place(path);
    if (at === this.#root) throw new Error(`The image has the entry ${path}, which is not a folder.`);
    this.#clear(at);
    return at;
  }

  #clear(at: string): void {
    rmSync(at, { recursive: true, force: true });
    for (const closed of this.#closed.keys())
      if (closed === at || closed.startsWith(`${at}${sep}`)) this.#closed.delete(closed);
  }

  #walk(path: string): string {
    const left = path.split(sep);
    let walked: string[] = [];
    let links = 0;
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        walked.pop();
        continue;
      }
      const at = join(this.#root, ...walked, name);
      if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) {
        walked.push(name);
        continue;
      }
      if (++links > MOST_LINKS) throw new Error(`The image has too many links on the way to ${path}.`);
      const target = readlinkSync(at);
      if (target.startsWith(sep)) walked = [];
      left.unshift(...target.split(sep));
    }
    return join(this.#root, ...walked);
  }
}

/** Removes a complete root, its closed folders too. */
export function removeRoot(root: string): void {
  try {
    rmSync(root, { recursive: true, force: true });
  } catch {
    reopen(root);
    rmSync(root, { recursive: true, force: true });
  }
}

function reopen(folder: string): void {
  chmodSync(folder, OWN_FOLDER);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) reopen(join(folder, entry.name));
}
