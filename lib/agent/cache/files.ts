/** What a cache is of: files below the service's context, or below the job's home as `~/…`. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ArchiveError, quoted } from '../../archive/error.ts';
import { compileGlob, fixedFolder } from '../../archive/glob.ts';
import { byName, type FileToPack } from '../../archive/reproducible.ts';
import { describe, walk } from '../../archive/walk.ts';
import { codeOf } from '../failure.ts';

/** The folders that paths of a cache begin at. */
export interface Roots {
  readonly context: string;
  readonly home: string;
}
export type RootName = keyof Roots;

/** Which root a path of the manifest is below, and the glob there. */
export function rooted(path: string): { root: RootName; glob: string } {
  return path.startsWith('~/') ? { root: 'home', glob: path.slice(2) } : { root: 'context', glob: path };
}

/**
 * Files and links that a glob matches below a folder, by name; none when nothing is there.
 * @throws ArchiveError when the glob's folder is a link that leads out
 */
export async function matching(base: string, glob: string): Promise<FileToPack[]> {
  const start = fixedFolder(glob);
  const matches = compileGlob(glob);
  const files: FileToPack[] = [];
  try {
    await refuseOutside(base, start);
    for await (const file of walk(base, start, { leaveOut: () => false }))
      if (matches(file.name)) files.push(file);
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return [await describe(join(base, start), start)];
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  return files.sort(byName);
}

/** A build may put a link in the place of a folder: what is cached must lie inside by its real path. */
async function refuseOutside(base: string, path: string): Promise<void> {
  const [root, real] = await Promise.all([realpath(base), realpath(join(base, path))]);
  if (real !== root && !real.startsWith(root + sep))
    throw new ArchiveError('link_outside', `${quoted(path)} is a link that leads elsewhere.`, path);
}

/**
 * The hash of the names and contents of key files: another content is another key.
 * @returns undefined when there is no such file
 */
export async function keyOf(folder: string, globs: readonly string[]): Promise<string | undefined> {
  const found = new Map<string, FileToPack>();
  for (const glob of globs) for (const file of await matching(folder, glob)) found.set(file.name, file);
  if (found.size === 0) return undefined;
  const hash = createHash('sha256');
  for (const file of [...found.values()].sort(byName)) {
    // Lengths before texts, so that no two lists of files read the same.
    hash.update(`${JSON.stringify([file.name, file.kind, file.target])}\n`);
    if (file.kind === 'file') hash.update(await digestOf(file.path));
  }
  return hash.digest('hex');
}

async function digestOf(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest();
}
