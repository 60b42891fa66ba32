import { createReadStream } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { extname, join, posix, sep } from 'node:path';
import { ArchiveError, quoted } from './error.ts';
import { fixedFolder } from './glob.ts';
import { packable } from './packable.ts';
import { type FileToPack, type Written, writeDigested } from './reproducible.ts';
import { type Chosen, ifThere, readGlob, select } from './select.ts';
import { writeTar, writeTarGz } from './tar-writer.ts';
import { writeZip } from './zip-writer.ts';

export interface PackFilesOptions {
  /** The folder that globs are relative to. */
  readonly base: string;
  /** Below `base`: files outside it do not match, and names in the archive begin below it. Default `.`. */
  readonly root?: string;
  /**
   * Globs. One that matches a folder, or ends in `/` or `/**`, stands for the tree below; one that begins with `!`
   * takes out what those before it have chosen.
   */
  readonly paths: readonly string[];
  /** `file` keeps one file as it is. */
  readonly format: 'zip' | 'tar' | 'tar.gz' | 'file';
  readonly out: string;
}

/** What one glob looked at, for the person who has to correct it. */
export interface SearchedGlob {
  readonly glob: string;
  /** Files that it matches, and that were not packed: they lie outside `root`, or were taken out again. */
  readonly matches: number;
  /** How many of them a later glob has taken out. */
  readonly excluded: number;
  /** The folder below `base` where matches could have been. */
  readonly folder: string;
  /** False when there is no such folder. */
  readonly exists: boolean;
  /** That folder, or the nearest above it that exists. */
  readonly nearest: string;
  /** Names in the nearest folder, by name, at most 20; folders end in a slash. */
  readonly names: readonly string[];
}

export type PackFilesResult =
  | (Written & {
      readonly kind: 'packed';
      readonly files: number;
      /** `.zip`, `.tar`, `.tar.gz`, or that of the one file, with its dot. */
      readonly extension: string;
      /** The name of the one file of format `file`, otherwise empty. */
      readonly fileName: string;
      /** Globs that matched nothing, while others did. */
      readonly unmatched: readonly string[];
      /** Links to places in the packed folder at which the archive has nothing. */
      readonly loose: readonly { readonly name: string; readonly target: string }[];
    })
  | { readonly kind: 'nothing'; readonly looked: readonly SearchedGlob[] };

const WRITERS = { zip: writeZip, tar: writeTar, 'tar.gz': writeTarGz } as const;

/** As many names as a person reads. */
const SHOWN_NAMES = 20;

/**
 * Packs the files that match: the same files are the same bytes, and so the same digest, on every machine.
 *
 * @throws ArchiveError link_outside (a link or folder leads out), several_files (format `file`), unsupported_entry and
 *   path_outside (names); errors of the system, with their path
 */
export async function packFiles(options: PackFilesOptions): Promise<PackFilesResult> {
  const below = (options.root ?? '.').split('/').filter((part) => part !== '' && part !== '.');
  const prefix = below.map((part) => `${part}/`).join('');
  const root = await rootInside(options.base, below.join('/'));
  const { files: chosen, globs } = await select(options.base, options.paths, isHistory);
  const inRoot = chosen.filter((file) => file.name.startsWith(prefix));
  if (inRoot.length === 0 || root === undefined) {
    const left = new Set(chosen.map((file) => file.name));
    const looked = globs
      .filter(({ glob }) => !readGlob(glob).excludes)
      .map((glob) => look(options.base, glob, left));
    return { kind: 'nothing', looked: await Promise.all(looked) };
  }
  const files = await packable(
    inRoot.map((file) => ({ ...file, name: file.name.slice(prefix.length) })),
    root,
  );
  const unmatched = globs
    .filter(({ names }) => !names.some((name) => name.startsWith(prefix)))
    .map(({ glob }) => glob);
  if (options.format === 'file') return { ...(await keep(files, options)), unmatched, loose: [] };
  const written = await WRITERS[options.format](files, options.out);
  return {
    kind: 'packed',
    ...written,
    files: files.length,
    extension: `.${options.format}`,
    fileName: '',
    unmatched,
    loose: danglingLinks(files),
  };
}

const isHistory = (path: string): boolean => path === '.git' || path.endsWith('/.git');

/**
 * A build may replace a folder by a link to anywhere: what is packed must lie inside `base` by its real path.
 * @returns that path; undefined where nothing is
 */
async function rootInside(base: string, root: string): Promise<string | undefined> {
  const [tree, real] = await Promise.all([realpath(base), ifThere(realpath(join(base, root)))]);
  if (real === undefined || real === tree || real.startsWith(tree + sep)) return real;
  throw new ArchiveError('link_outside', `${quoted(root)} is a link that leads out of the tree.`, root);
}

/** What a link's path says, other links on its way left aside. */
function danglingLinks(files: readonly FileToPack[]): { name: string; target: string }[] {
  const links = files.filter((file) => file.kind === 'link');
  if (links.length === 0) return [];
  const there = new Set(['.']);
  for (const { name } of files)
    for (let path = name; path !== '.' && !there.has(path); path = posix.dirname(path)) there.add(path);
  const linkNames = links.map((link) => `${link.name}/`);
  return links.flatMap(({ name, target }) => {
    const destination = posix.join(posix.dirname(name), target).replace(/(?<=.)\/+$/, '');
    const known = there.has(destination) || linkNames.some((link) => destination.startsWith(link));
    return known ? [] : [{ name, target }];
  });
}

async function keep(files: readonly FileToPack[], options: PackFilesOptions) {
  const [file, second] = files;
  if (file === undefined || second !== undefined || file.kind === 'link')
    throw new ArchiveError(
      'several_files',
      `format: file keeps one plain file, and the paths match ${
        second === undefined ? `the link ${quoted(file?.name ?? '')}` : `${files.length}: ${namesOf(files)}`
      }. Name one file, or use format: zip.`,
    );
  const written = await writeDigested(createReadStream(file.path), options.out);
  const fileName = file.name.slice(file.name.lastIndexOf('/') + 1);
  const extension = fileName.endsWith('.tar.gz') ? '.tar.gz' : extname(fileName);
  return { kind: 'packed' as const, ...written, files: 1, extension, fileName };
}

const namesOf = (files: readonly FileToPack[]): string =>
  files
    .slice(0, 5)
    .map((file) => quoted(file.name))
    .join(', ') + (files.length > 5 ? ', …' : '');

/** @param left what was chosen at the end, outside the root */
async function look(base: string, { glob, names }: Chosen, left: ReadonlySet<string>): Promise<SearchedGlob> {
  const folder = fixedFolder(glob);
  let nearest = folder;
  let listing = await namesIn(join(base, nearest));
  const exists = listing !== undefined;
  while (listing === undefined && nearest !== '.') {
    nearest = nearest.includes('/') ? nearest.slice(0, nearest.lastIndexOf('/')) : '.';
    listing = await namesIn(join(base, nearest));
  }
  const excluded = names.filter((name) => !left.has(name)).length;
  const shown = (listing ?? []).slice(0, SHOWN_NAMES);
  return { glob, matches: names.length, excluded, folder, exists, nearest, names: shown };
}

/** @returns undefined where no folder is */
async function namesIn(folder: string): Promise<string[] | undefined> {
  const listing = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  return listing?.map((child) => (child.isDirectory() ? `${child.name}/` : child.name)).sort();
}
