import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { leadsInside } from './link.ts';
import { byName, type FileToPack, type Written } from './reproducible.ts';
import { writeTarGz } from './tar-writer.ts';
import { walk } from './walk.ts';

/** Never part of a source: history, what an install makes again, and this tool's own state. */
const ALWAYS_LEFT_OUT = new Set(['.git', 'node_modules', '.staithe']);

/** Read in each folder; the later one has the last word. */
const IGNORE_FILES = ['.gitignore', '.staitheignore'];

export interface PackProgress {
  readonly files: number;
  readonly totalFiles: number;
  /** Unpacked bytes. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface PackTreeOptions {
  /** Where the tar.gz goes. When it lies in the folder, it is not packed. */
  readonly out: string;
  /** More to leave out, in the syntax of .gitignore; stronger than the files of the tree. */
  readonly exclude?: readonly string[];
  readonly onProgress?: (progress: PackProgress) => void;
}

export interface PackedTree extends Written {
  readonly entries: number;
  /** Links that lead out of the folder, which no archive can keep. Tell the user. */
  readonly leftOutLinks: readonly string[];
}

/**
 * Packs a folder as a tar.gz: the same files are the same bytes on every machine. `.gitignore` and `.staitheignore`
 * are honoured in every folder, as git does; empty folders are left out, as git does.
 *
 * @throws ArchiveError a file changed meanwhile
 */
export async function packTree(folder: string, options: PackTreeOptions): Promise<PackedTree> {
  const all = await filesOf(folder, options);
  const links = new Map(all.filter((file) => file.kind === 'link').map((file) => [file.name, file.target]));
  const isInside = (file: FileToPack): boolean =>
    file.kind !== 'link' || leadsInside(file.name, file.target, (path) => links.get(path));
  const files = all.filter(isInside);
  const totalBytes = files.reduce((total, file) => total + file.size, 0);
  let done = 0;
  let bytes = 0;
  const written = await writeTarGz(files, options.out, (file) => {
    done += 1;
    bytes += file.size;
    options.onProgress?.({ files: done, totalFiles: files.length, bytes, totalBytes });
  });
  const leftOutLinks = all.filter((file) => !isInside(file)).map((file) => file.name);
  return { ...written, entries: files.length, leftOutLinks };
}

async function filesOf(folder: string, options: PackTreeOptions): Promise<FileToPack[]> {
  const rules = new Map<string, Ignore>();
  const excluded = ignore().add([...(options.exclude ?? [])]);
  const out = relative(resolve(folder), resolve(options.out)).replaceAll('\\', '/');
  const files: FileToPack[] = [];
  const found = walk(folder, '.', {
    leaveOut: (path, isFolder) =>
      path === out ||
      ALWAYS_LEFT_OUT.has(path.slice(path.lastIndexOf('/') + 1)) ||
      excluded.ignores(isFolder ? `${path}/` : path) ||
      isIgnored(rules, path, isFolder),
    enter: async (path, names) => {
      const present = IGNORE_FILES.filter((name) => names.includes(name));
      if (present.length === 0) return;
      const texts = await Promise.all(present.map((name) => readFile(join(folder, path, name), 'utf8')));
      rules.set(path, ignore().add(texts.join('\n')));
    },
  });
  for await (const file of found) files.push(file);
  return files.sort(byName);
}

/** The nearest folder whose rules say something decides (gitignore(5): patterns of a lower level override). */
function isIgnored(rules: ReadonlyMap<string, Ignore>, path: string, isFolder: boolean): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const relativePath = folder === '.' ? path : path.slice(folder.length + 1);
    const verdict = rules.get(folder)?.test(isFolder ? `${relativePath}/` : relativePath);
    if (verdict?.ignored === true) return true;
    if (verdict?.unignored === true || folder === '.') return false;
  }
}
