/** Writes an untrusted tree below one folder. It knows all that it has made, so it never asks the file system. */
import {
  closeSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ArchiveError, quoted } from './error.ts';
import type { Budget } from './limits.ts';
import { leadsInside } from './link.ts';
import { collision as foldedNames, foldingOf, keyOfNames, type NameFolding } from './name-folding.ts';

type Node = { readonly path: string } & (
  | { readonly kind: 'folder' | 'file' }
  | { readonly kind: 'link'; readonly target: string }
);

/**
 * Symbolic links are made last, so nothing can be written through one. Calls to the file system are synchronous: for
 * the many small files of a source this is several times faster, and every caller does nothing else meanwhile.
 */
export class TreeWriter {
  readonly #into: string;
  readonly #budget: Budget;
  readonly #nodes = new Map<string, Node>();
  readonly #keyOf: (path: string) => string;
  files = 0;

  /**
   * @param into a folder that does not exist yet or is empty
   * @param folding names that its file system takes for one; asked of it, if not given
   */
  constructor(into: string, budget: Budget, folding?: NameFolding) {
    mkdirSync(into, { recursive: true });
    if (readdirSync(into).length > 0) throw new Error(`${into} is not empty`);
    this.#keyOf = keyOfNames(folding ?? foldingOf(into));
    this.#into = into;
    this.#budget = budget;
  }

  folder(components: readonly string[]): void {
    for (let depth = 1; depth <= components.length; depth += 1) {
      const path = components.slice(0, depth).join('/');
      const known = this.#nodes.get(this.#keyOf(path));
      if (known === undefined) {
        mkdirSync(join(this.#into, path), { mode: 0o755 });
        this.#nodes.set(this.#keyOf(path), { kind: 'folder', path });
      } else if (known.path !== path) throw foldedNames(path, known.path);
      else if (known.kind !== 'folder') throw collision(path, known, 'and as a folder');
    }
  }

  /** @param executable the one bit of the mode that is kept; setuid, setgid and sticky never are */
  async file(components: readonly string[], executable: boolean, body: AsyncIterable<Buffer>): Promise<void> {
    const path = this.#claim(components, { kind: 'file' });
    // wx is O_EXCL: it refuses an existing file and follows no link, should the map ever be wrong.
    const descriptor = openSync(join(this.#into, path), 'wx', executable ? 0o755 : 0o644);
    try {
      let written = 0;
      for await (const chunk of body) {
        written += chunk.length;
        this.#budget.checkFile(path, written);
        for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
      }
    } finally {
      closeSync(descriptor);
    }
    this.files += 1;
  }

  /** Notes a link; `finish` checks where it leads and makes it. */
  symbolicLink(components: readonly string[], target: string): void {
    if (target === '' || target.includes('\0') || target.includes('\\'))
      throw linkOutside(components.join('/'), target);
    this.#claim(components, { kind: 'link', target });
  }

  /** @param target components of a file that the archive has given before */
  hardLink(components: readonly string[], target: readonly string[]): void {
    const known = this.#nodes.get(this.#keyOf(target.join('/')));
    if (known?.kind !== 'file') throw linkOutside(components.join('/'), target.join('/'));
    const path = this.#claim(components, { kind: 'file' });
    linkSync(join(this.#into, known.path), join(this.#into, path));
    this.files += 1;
  }

  /**
   * Makes the symbolic links, once all of them are known to lead to places inside.
   * @param timeSeconds what everything is dated, the folder itself too; since 1970. Absent: when it was written
   * @throws ArchiveError link_outside
   */
  finish(timeSeconds?: number): void {
    const links = [...this.#nodes.values()].filter((node) => node.kind === 'link');
    const targetOf = (path: string): string | undefined => {
      const node = this.#nodes.get(this.#keyOf(path));
      return node?.kind === 'link' ? node.target : undefined;
    };
    for (const link of links)
      if (!leadsInside(link.path, link.target, targetOf)) throw linkOutside(link.path, link.target);
    for (const link of links) symlinkSync(link.target, join(this.#into, link.path));
    if (timeSeconds === undefined) return;
    // Last, as whatever is made in a folder dates the folder.
    for (const path of ['.', ...[...this.#nodes.values()].map((node) => node.path)])
      lutimesSync(join(this.#into, path), timeSeconds, timeSeconds);
  }

  #claim(components: readonly string[], node: { kind: 'file' } | { kind: 'link'; target: string }): string {
    const path = components.join('/');
    this.folder(components.slice(0, -1));
    const known = this.#nodes.get(this.#keyOf(path));
    if (known !== undefined) throw collision(path, known);
    this.#nodes.set(this.#keyOf(path), { ...node, path });
    return path;
  }
}

/** @param what the archive has beside it, under the same name */
function collision(path: string, known: Node, what = 'twice'): ArchiveError {
  if (known.path !== path) return foldedNames(path, known.path);
  const first = what === 'twice' ? '' : ` as a ${known.kind}`;
  return new ArchiveError('collision', `${quoted(path)} is in the archive${first} ${what}.`, path);
}

function linkOutside(path: string, target: string): ArchiveError {
  return new ArchiveError(
    'link_outside',
    `The link ${quoted(path)} leads to ${quoted(target)}, which is not a place inside the archive.`,
    path,
  );
}
