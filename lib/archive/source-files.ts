/**
 * The files of a source. In a checkout they are what git has: what it tracks, and what no rule of it ignores. Without
 * git, or outside of a checkout, ignore files are read here, by git's rules.
 */
import { existsSync, lstatSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { checkoutOf, type GitFiles, gitFiles } from './git-files.ts';
import { IgnoreRules } from './ignore-rules.ts';
import type { FileToPack } from './reproducible.ts';
import { below, fromTop, IGNORE_FILE, rulesAbove, textOf } from './source-rules.ts';
import { describe, joined, walk } from './walk.ts';

/** The state of an embedded cloud: with its database and secrets, no source has it. */
const STATE_FOLDER = '.staithe';

export interface SourceFilesOptions {
  /** More to leave out, in the syntax of .gitignore. */
  readonly exclude: readonly string[];
  /** A file that is never packed: the archive itself. */
  readonly out: string;
}

/** Names of what is not packed; folders end in a slash and stand for all that is in them. */
export interface LeftOut {
  /** By .gitignore and git's other rules. */
  readonly ignored: readonly string[];
  /** By .staitheignore and `exclude`, and the state of an embedded cloud. */
  readonly excluded: readonly string[];
  /** Submodules and other repositories: git has their commit at most, and none of their files. */
  readonly repositories: readonly string[];
  /** Tracked by git, and not in the folder as a file or link: deleted, replaced, or outside of a sparse checkout. */
  readonly missing: readonly string[];
}

export interface SourceFiles {
  readonly files: readonly FileToPack[];
  readonly leftOut: LeftOut;
  /** Why git could not be asked about a checkout. */
  readonly withoutGit: string | undefined;
}

/** @throws errors of the system, with their path */
export async function sourceFiles(folder: string, options: SourceFilesOptions): Promise<SourceFiles> {
  const checkout = checkoutOf(folder);
  if (checkout === undefined) return ofWalk(folder, folder, options);
  const answer = await gitFiles(folder);
  if ('failed' in answer) return { ...(await ofWalk(folder, checkout, options)), withoutGit: answer.failed };
  // A folder that its checkout ignores altogether (`dist`) was named on purpose: it is a tree of its own.
  return answer.files.length === 0
    ? ofWalk(folder, folder, options)
    : ofGit(folder, checkout, answer, options);
}

/** git's list, less what is not there as a file or link, and less what is left out beyond git's rules. */
async function ofGit(
  folder: string,
  checkout: string,
  listed: GitFiles,
  options: SourceFilesOptions,
): Promise<SourceFiles> {
  const folders = foldersIn(listed);
  const isRealFolder = realFolders(folder);
  const isExcluded = await excluder(folder, checkout, [...folders].filter(isRealFolder), options);
  const files = new Map<string, FileToPack>();
  const [excluded, repositories, missing]: [string[], string[], string[]] = [[], [], []];
  for (const { name, tracked } of listed.files) {
    const shown = name.toString('utf8');
    const bytes = bytesOf(name);
    if (files.has(bytes)) continue; // stages of an unmerged file
    if (isExcluded(shown) || (!tracked && shown.split('/').includes(STATE_FOLDER))) {
      excluded.push(shown);
      continue;
    }
    const path = joined(folder, name);
    const stats = isRealFolder(parentOf(bytes)) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    if (stats?.isFile() || stats?.isSymbolicLink()) files.set(bytes, await describe(path, name, stats));
    // Of a tracked file's name may be a folder of other files now, or a pipe, which no archive holds.
    else if (stats?.isDirectory() && !folders.has(bytes)) repositories.push(shown.replace(/\/?$/, '/'));
    else missing.push(shown);
  }
  return {
    files: [...files.values()],
    leftOut: { ignored: listed.ignored, excluded, repositories, missing },
    withoutGit: undefined,
  };
}

/** A name as a key, a character a byte: as text, two names that are not UTF-8 may be the same. */
const bytesOf = (name: Buffer): string => name.toString('latin1');

/** Folders of listed files, by bytes, `.` among them. */
function foldersIn({ files }: GitFiles): ReadonlySet<string> {
  const folders = new Set(['.']);
  for (const { name } of files)
    for (let folder = parentOf(bytesOf(name)); !folders.has(folder); folder = parentOf(folder))
      folders.add(folder);
  return folders;
}

const parentOf = (name: string): string => posix.dirname(name);

/** Whether a folder below the root, by bytes, is reached without a link: what lies behind one is not the tree's. */
function realFolders(root: string): (folder: string) => boolean {
  const known = new Map<string, boolean>([['.', true]]);
  const isReal = (folder: string): boolean => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const real =
      isReal(parentOf(folder)) &&
      lstatSync(pathIn(root, folder), { throwIfNoEntry: false })?.isDirectory() === true;
    known.set(folder, real);
    return real;
  };
  return isReal;
}

/** @param name by bytes */
const pathIn = (root: string, name: string): string | Buffer => joined(root, Buffer.from(name, 'latin1'));

/**
 * What is left out beyond git's rules. Its files are read from disk, as git names none that it ignores.
 * @param folders of the tree, by bytes
 */
async function excluder(
  folder: string,
  checkout: string,
  folders: readonly string[],
  options: SourceFilesOptions,
): Promise<(name: string) => boolean> {
  const before = below(checkout, await realpath(folder));
  const staitheRules = await rulesAbove(checkout, before, IGNORE_FILE);
  // A folder's own come after those of the folders above it, whose names are shorter.
  for (const path of folders.toSorted((a, b) => a.length - b.length))
    staitheRules.add(
      fromTop(before, Buffer.from(path, 'latin1').toString('utf8')),
      await textOf(pathIn(folder, posix.join(path, IGNORE_FILE))),
    );
  const asked = new IgnoreRules().add('', options.exclude.join('\n'));
  const out = below(folder, options.out);
  return (name) => name === out || staitheRules.ignores(posix.join(before, name)) || asked.ignores(name);
}

/**
 * The files of a folder by ignore files alone.
 * @param top where rules begin: the folder, or the checkout around it
 */
async function ofWalk(folder: string, top: string, options: SourceFilesOptions): Promise<SourceFiles> {
  const before = top === folder ? '' : below(top, await realpath(folder));
  const rules = await rulesAbove(
    top,
    before,
    '.gitignore',
    await textOf(join(top, '.git', 'info', 'exclude')),
  );
  const staitheRules = await rulesAbove(top, before, IGNORE_FILE);
  const asked = new IgnoreRules().add('', options.exclude.join('\n'));
  const [ignored, excluded, repositories]: [string[], string[], string[]] = [[], [], []];
  const out = below(folder, options.out);
  const leaveOut = (path: string, isFolder: boolean): boolean => {
    const name = isFolder ? `${path}/` : path;
    const fromRules = `${fromTop(before, path)}${isFolder ? '/' : ''}`;
    if (path === out || posix.basename(path) === '.git') return true;
    if (rules.ignores(fromRules)) ignored.push(name);
    else if (posix.basename(path) === STATE_FOLDER || staitheRules.ignores(fromRules) || asked.ignores(name))
      excluded.push(name);
    else if (isFolder && isRepository(join(folder, path))) repositories.push(name);
    else return false;
    return true;
  };
  const enter = async (path: string, names: readonly string[]): Promise<void> => {
    for (const [file, to] of [['.gitignore', rules] as const, [IGNORE_FILE, staitheRules] as const])
      if (names.includes(file)) to.add(fromTop(before, path), await textOf(join(folder, path, file)));
  };
  const files: FileToPack[] = [];
  for await (const file of walk(folder, '.', { leaveOut, enter })) files.push(file);
  return { files, leftOut: { ignored, excluded, repositories, missing: [] }, withoutGit: undefined };
}

/** Whether a folder is a repository of its own: a clone, or a submodule or worktree, whose `.git` is a file. */
function isRepository(folder: string): boolean {
  const git = join(folder, '.git');
  return existsSync(join(git, 'HEAD')) || lstatSync(git, { throwIfNoEntry: false })?.isFile() === true;
}
