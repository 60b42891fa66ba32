/** What a tree only refers to: submodules, and files that Git LFS keeps elsewhere. A build finds nothing of them. */
import { open, readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { FileToPack } from './reproducible.ts';

/** The first line of a pointer (git-lfs: docs/spec.md). */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1\n';
/** A pointer has less than 1,024 bytes (same page), and more than its first line and a digest. */
const LFS_BYTES = { least: 100, most: 1024 } as const;

export interface MissingContent {
  /** Folders that .gitmodules names and that hold no file. */
  readonly submodules: readonly string[];
  /** Files that are pointers. */
  readonly lfsPointers: readonly string[];
}

/** @param files all of a tree */
export async function missingContentOf(files: readonly FileToPack[]): Promise<MissingContent> {
  const modules = files.find(({ name, kind }) => name === '.gitmodules' && kind === 'file');
  return {
    submodules: modules === undefined ? [] : await emptySubmodules(modules, files),
    lfsPointers: (await usesLfs(files)) ? await pointersIn(files) : [],
  };
}

async function emptySubmodules(modules: FileToPack, files: readonly FileToPack[]): Promise<string[]> {
  const text = await readFile(modules.path, 'utf8');
  const paths = [...text.matchAll(/^\s*path\s*=\s*"?(.*?)"?\s*$/gm)].map(([, path = '']) => path);
  return paths.filter((path) => path !== '' && !files.some(({ name }) => name.startsWith(`${path}/`)));
}

async function usesLfs(files: readonly FileToPack[]): Promise<boolean> {
  const attributes = files.filter(
    ({ name, kind }) => kind === 'file' && posix.basename(name) === '.gitattributes',
  );
  for (const { path } of attributes) if (/\bfilter=lfs\b/.test(await readFile(path, 'utf8'))) return true;
  return false;
}

async function pointersIn(files: readonly FileToPack[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name, path, kind, size } of files) {
    if (kind !== 'file' || size < LFS_BYTES.least || size > LFS_BYTES.most) continue;
    await using file = await open(path);
    const { buffer } = await file.read({ buffer: Buffer.alloc(LFS_POINTER.length), position: 0 });
    if (buffer.toString('latin1') === LFS_POINTER) found.push(name);
  }
  return found;
}
