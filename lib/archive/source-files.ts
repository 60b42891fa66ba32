/**
 * The files of a source. In a checkout they are what git has: what it tracks, and what no rule of it ignores. Without
 * git, or outside of a checkout, ignore files are read here, by git's rules.
 */
import { lstatSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { join, posix, relative, resolve, sep } from 'node:path';
import { checkoutOf, type GitFiles, gitFiles } from './git-files.ts';
import { IgnoreRules } from './ignore-rules.ts';
import type { FileToPack } from './reproducible.ts';
import { describe, joined, walk } from './walk.ts';

/** Leaves out more than git does: also of what git tracks. */
const OWN_IGNORE_FILE = '.staitheignore';
/** The state of an embedded cloud: with its database and secrets, no source has it. */
const OWN_STATE = '.staithe';

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
  /** Tracked by git, and not in the folder: deleted, or outside of a sparse checkout. */
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
  return answer.files.length === 0 ? ofWalk(folder, folder, options) : ofGit(folder, answer, options);
}

/** git's list, less what is not there as a file or link, and less what is left out beyond git's rules. */
async function ofGit(folder: string, listed: GitFiles, options: SourceFilesOptions): Promise<SourceFiles> {
  const isExcluded = await excluder(folder, listed, options);
  const isRealFolder = realFolders(folder);
  const replaced = foldersIn(listed);
  const files = new Map<string, FileToPack>();
  const [excluded, repositories, missing]: [string[], string[], string[]] = [[], [], []];
  for (const { name, tracked } of listed.files) {
    const shown = name.toString('utf8');
    const bytes = name.toString('latin1');
    if (files.has(bytes)) continue; // stages of an unmerged file
    if (isExcluded(shown) || (!tracked && shown.split('/').includes(OWN_STATE))) {
      excluded.push(shown);
      continue;
    }
    const path = joined(folder, name);
    const stats = isRealFolder(posix.dirname(shown)) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    if (stats === undefined) missing.push(shown);
    else if (!stats.isDirectory()) files.set(bytes, await describe(path, name, stats));
    else if (replaced.has(shown)) missing.push(shown);
    else repositories.push(shown.replace(/\/?$/, '/'));
  }
  return {
    files: [...files.values()],
    leftOut: { ignored: listed.ignored, excluded, repositories, missing },
    withoutGit: undefined,
  };
}

/** Folders of listed files: a tracked file of such a name has been replaced by the folder. */
function foldersIn({ files }: GitFiles): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const { name } of files)
    for (let folder = parentOf(`${name}`); folder !== '.' && !folders.has(folder); folder = parentOf(folder))
      folders.add(folder);
  return folders;
}

const parentOf = (name: string): string => posix.dirname(name);

/** Whether a folder below the root is reached without a link: what lies behind one is not the tree's. */
function realFolders(root: string): (folder: string) => boolean {
  const known = new Map<string, boolean>([['.', true]]);
  const isReal = (folder: string): boolean => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const real =
      isReal(parentOf(folder)) &&
      lstatSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory() === true;
    known.set(folder, real);
    return real;
  };
  return isReal;
}

/** What is left out beyond git's rules. */
async function excluder(
  folder: string,
  { files }: GitFiles,
  options: SourceFilesOptions,
): Promise<(name: string) => boolean> {
  const own = new IgnoreRules();
  const ruleFiles = files
    .map(({ name }) => `${name}`)
    .filter((name) => posix.basename(name) === OWN_IGNORE_FILE);
  // A folder's own come after those of the folders above it.
  for (const file of ruleFiles.sort((a, b) => a.length - b.length))
    if (lstatSync(join(folder, file), { throwIfNoEntry: false })?.isFile())
      own.add(parentOf(file).replace(/^\.$/, ''), await readFile(join(folder, file), 'utf8'));
  const asked = new IgnoreRules().add('', options.exclude.join('\n'));
  const out = below(folder, options.out);
  return (name) => name === out || own.ignores(name) || asked.ignores(name);
}

/** Where a file lies from a folder, with forward slashes. */
const below = (folder: string, file: string): string =>
  relative(resolve(folder), resolve(file)).split(sep).join('/');

/**
 * The files of a folder by ignore files alone.
 * @param top where rules begin: the folder, or the checkout around it
 */
async function ofWalk(folder: string, top: string, options: SourceFilesOptions): Promise<SourceFiles> {
  const rules = new IgnoreRules();
  const own = new IgnoreRules();
  const asked = new IgnoreRules().add('', options.exclude.join('\n'));
  const [ignored, excluded]: [string[], string[]] = [[], []];
  const before = top === folder ? '' : below(top, await realpath(folder));
  const fromTop = (path: string): string => posix.join(before, path).replace(/^\.$/, '');
  const readRules = async (path: string, at: string): Promise<void> => {
    rules.add(path, await textOf(join(at, '.gitignore')));
    own.add(path, await textOf(join(at, OWN_IGNORE_FILE)));
  };
  const steps = before === '' ? [] : before.split('/');
  rules.add('', await textOf(join(top, '.git', 'info', 'exclude')));
  for (const depth of steps.keys()) {
    const path = steps.slice(0, depth).join('/');
    await readRules(path, join(top, path));
  }
  const out = below(folder, options.out);
  const leaveOut = (path: string, isFolder: boolean): boolean => {
    const name = isFolder ? `${path}/` : path;
    const fromRules = `${fromTop(path)}${isFolder ? '/' : ''}`;
    if (path === out || posix.basename(path) === '.git') return true;
    if (rules.ignores(fromRules)) ignored.push(name);
    else if (posix.basename(path) === OWN_STATE || own.ignores(fromRules) || asked.ignores(name))
      excluded.push(name);
    else return false;
    return true;
  };
  const enter = async (path: string, names: readonly string[]): Promise<void> => {
    if (names.includes('.gitignore') || names.includes(OWN_IGNORE_FILE))
      await readRules(fromTop(path), join(folder, path));
  };
  const files: FileToPack[] = [];
  for await (const file of walk(folder, '.', { leaveOut, enter })) files.push(file);
  return { files, leftOut: { ignored, excluded, repositories: [], missing: [] }, withoutGit: undefined };
}

/** @returns nothing where there is no such file */
async function textOf(file: string): Promise<string> {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ? readFile(file, 'utf8') : '';
}
