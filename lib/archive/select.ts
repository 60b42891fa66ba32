/** Choosing files by a list of globs, for artifacts, caches and their keys alike. */
import { lstat, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ArchiveError, quoted, systemCodeOf } from './error.ts';
import { compileGlob, fixedFolder } from './glob.ts';
import type { FileToPack } from './reproducible.ts';
import { describe, walk } from './walk.ts';

/** What came of one glob. */
export interface Chosen {
  readonly glob: string;
  /** Names that it matched; of an exclusion, those that it took out. */
  readonly names: readonly string[];
}

export interface Selection {
  readonly files: readonly FileToPack[];
  readonly globs: readonly Chosen[];
}

/** Whether a glob takes out what it matches, and the glob itself. */
export function readGlob(written: string): { readonly excludes: boolean; readonly glob: string } {
  return written.startsWith('!')
    ? { excludes: true, glob: written.slice(1) }
    : { excludes: false, glob: written };
}

/** The inverse: a glob may begin with the `!` of a name. */
export function writeGlob({ excludes, glob }: ReturnType<typeof readGlob>): string {
  if (excludes) return `!${glob}`;
  return glob.startsWith('!') ? `./${glob}` : glob;
}

/**
 * Files and links below a folder that globs choose, one glob after the other, as git reads ignore files: `!` takes out
 * what earlier globs have chosen, and a later glob may choose it again.
 *
 * @param leaveOut never chosen, nor entered
 * @throws ArchiveError link_outside when a glob's folder is a link that leads out; errors of the system, with their path
 */
export async function select(
  base: string,
  globs: readonly string[],
  leaveOut: (path: string) => boolean = () => false,
): Promise<Selection> {
  const listings = new Map<string, Promise<FileToPack[]>>();
  const listed = (start: string) => {
    const listing = listings.get(start) ?? list(base, start, leaveOut);
    listings.set(start, listing);
    return listing;
  };
  const files = new Map<string, FileToPack>();
  const chosen: Chosen[] = [];
  for (const written of globs) {
    const { excludes, glob } = readGlob(written);
    const candidates = excludes ? [...files.values()] : await listed(fixedFolder(glob));
    const matches = compileGlob(glob);
    const matching = candidates.filter((file) => matches(file.name));
    for (const file of matching) {
      if (excludes) files.delete(keyOf(file));
      else files.set(keyOf(file), file);
    }
    chosen.push({ glob: written, names: matching.map((file) => file.name) });
  }
  return { files: [...files.values()], globs: chosen };
}

/** Names that are not UTF-8 look alike as text; their paths do not. */
const keyOf = (file: FileToPack): string => (file.kind === 'unnameable' ? file.path : file.name);

/**
 * All files below a folder, or the one file of that name; none when nothing is there. A link that is named itself is
 * followed (`dist` may be a link to the newest build); links that are found below are kept as links.
 */
async function list(base: string, start: string, leaveOut: (path: string) => boolean): Promise<FileToPack[]> {
  if (foldersTo(start).some(leaveOut)) return [];
  const path = join(base, start);
  const real = await ifThere(realpath(path));
  if (real === undefined) {
    // A link that leads nowhere is told by what becomes of links, and is not passed over here.
    const link = await ifThere(lstat(path));
    return link?.isSymbolicLink() ? [await describe(path, start)] : [];
  }
  const root = await realpath(base);
  if (real !== root && !real.startsWith(root + sep))
    throw new ArchiveError('link_outside', `${quoted(start)} is a link that leads out of the tree.`, start);
  if (foldersTo(relative(root, real).split(sep).join('/')).some(leaveOut)) return [];
  const stats = await lstat(real);
  if (stats.isFile()) return [await describe(real, start)];
  if (!stats.isDirectory()) return [];
  const files: FileToPack[] = [];
  for await (const file of walk(base, start, { leaveOut })) files.push(file);
  return files;
}

/** `a`, `a/b` and `a/b/c` of `a/b/c`: what is entered on the way to it, and itself. */
function foldersTo(path: string): string[] {
  const steps = path.split('/');
  return steps.map((_, depth) => steps.slice(0, depth + 1).join('/'));
}

/** @returns undefined where nothing is, or links form a cycle @throws other errors of the system */
export async function ifThere<Found>(asked: Promise<Found>): Promise<Found | undefined> {
  try {
    return await asked;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
