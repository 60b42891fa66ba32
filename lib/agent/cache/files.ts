/** What a cache is of: files below the service's context, or below the job's home as `~/…`. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { byName, type FileToPack } from '../../archive/reproducible.ts';
import { readGlob, select, writeGlob } from '../../archive/select.ts';

/** The folders that paths of a cache begin at. */
export interface Roots {
  readonly context: string;
  readonly home: string;
}
export type RootName = keyof Roots;

/** Which root a path of the manifest is below, and the glob there; `!` goes with it. */
export function rooted(path: string): { root: RootName; glob: string } {
  const { excludes, glob } = readGlob(path);
  if (!glob.startsWith('~/')) return { root: 'context', glob: path };
  return { root: 'home', glob: writeGlob({ excludes, glob: glob.slice(2) }) };
}

/**
 * The hash of the names and contents of key files: another content is another key. Key files may lie anywhere in the
 * source: globs begin at the context, those with a slash before them at the source's root.
 * @param tree the source's root @param context the service's folder below it
 * @returns undefined when there is no such file
 */
export async function keyOf(
  tree: string,
  context: string,
  globs: readonly string[],
): Promise<string | undefined> {
  const { files } = await select(
    tree,
    globs.map((glob) => fromRoot(context, glob)),
  );
  if (files.length === 0) return undefined;
  const hash = createHash('sha256');
  for (const file of [...files].sort(byName)) {
    // Lengths before texts, so that no two lists of files read the same.
    hash.update(`${JSON.stringify([file.name, file.kind, file.target])}\n`);
    if (file.kind === 'file') hash.update(await digestOf(file));
  }
  return hash.digest('hex');
}

function fromRoot(context: string, written: string): string {
  const { excludes, glob } = readGlob(written);
  return writeGlob({
    excludes,
    glob: glob.startsWith('/') ? glob.slice(1) : posix.join(context, glob),
  });
}

async function digestOf({ path }: FileToPack): Promise<Buffer> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest();
}
