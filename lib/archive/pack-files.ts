import { createReadStream } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { ArchiveError, quoted } from './error.ts';
import { compileGlob, fixedFolder } from './glob.ts';
import { leadsInside } from './link.ts';
import { byName, type FileToPack, type Written, writeDigested } from './reproducible.ts';
import { writeTarGz } from './tar-writer.ts';
import { describe, walk } from './walk.ts';
import { writeZip } from './zip-writer.ts';

export interface PackFilesOptions {
  /** The folder that globs are relative to. */
  readonly base: string;
  /** Below `base`: files outside it do not match, and names in the archive begin below it. Default `.`. */
  readonly root?: string;
  /** Globs. One that matches a folder, or ends in `/` or `/**`, stands for the tree below. */
  readonly paths: readonly string[];
  /** `file` keeps one file as it is. */
  readonly format: 'zip' | 'tar.gz' | 'file';
  readonly out: string;
}

/** What one glob looked at, for the person who has to correct it. */
export interface Looked {
  readonly glob: string;
  /** Files that it matches; they lie outside `root`, as nothing was packed. */
  readonly matches: number;
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
      /** `.zip`, `.tar.gz`, or that of the one file, with its dot. */
      readonly extension: string;
      /** The name of the one file of format `file`, otherwise empty. */
      readonly fileName: string;
      /** Globs that matched nothing, while others did. */
      readonly unmatched: readonly string[];
    })
  | { readonly kind: 'nothing'; readonly looked: readonly Looked[] };

/** As many names as a person reads. */
const SHOWN_NAMES = 20;

/**
 * Packs the files that match: the same files are the same bytes, and so the same digest, on every machine.
 *
 * @throws ArchiveError link_outside (a link or folder leads out), several_files (format `file`)
 */
export async function packFiles(options: PackFilesOptions): Promise<PackFilesResult> {
  const matches = await match(options);
  const files = [
    ...new Map(matches.flatMap((found) => found.files).map((file) => [file.name, file])).values(),
  ];
  files.sort(byName);
  if (files.length === 0) {
    const looked = matches.map((found) => look(options.base, found.glob, found.outsideRoot));
    return { kind: 'nothing', looked: await Promise.all(looked) };
  }
  refuseLinksOutside(files);
  const unmatched = matches.filter((found) => found.files.length === 0).map((found) => found.glob);
  if (options.format === 'file') return { ...(await keep(files, options)), unmatched };
  const written =
    options.format === 'zip' ? await writeZip(files, options.out) : await writeTarGz(files, options.out);
  const extension = `.${options.format}`;
  return { kind: 'packed', ...written, files: files.length, extension, fileName: '', unmatched };
}

interface Match {
  readonly glob: string;
  readonly files: readonly FileToPack[];
  /** How many more the glob matches that do not lie below `root`. */
  readonly outsideRoot: number;
}

async function match(options: PackFilesOptions): Promise<Match[]> {
  const below = (options.root ?? '.').split('/').filter((part) => part !== '' && part !== '.');
  const prefix = below.map((part) => `${part}/`).join('');
  await refuseOutside(options.base, below.join('/'));
  const walked = new Map<string, Promise<FileToPack[]>>();
  const found: Match[] = [];
  for (const glob of options.paths) {
    const start = fixedFolder(glob);
    const listing = walked.get(start) ?? list(options.base, start);
    walked.set(start, listing);
    const matches = compileGlob(glob);
    const matching = (await listing).filter((file) => matches(file.name));
    const files = matching
      .filter((file) => file.name.startsWith(prefix))
      .map((file) => ({ ...file, name: file.name.slice(prefix.length) }));
    found.push({ glob, files, outsideRoot: matching.length - files.length });
  }
  return found;
}

/**
 * All files below a folder, or the one file of that name; none when nothing is there. A link that is named itself is
 * followed (`dist` may be a link to the newest build); links that are found below are kept as links.
 */
async function list(base: string, start: string): Promise<FileToPack[]> {
  try {
    await refuseOutside(base, start);
    const files: FileToPack[] = [];
    const found = walk(base, start, {
      leaveOut: (path) => path === '.git' || path.endsWith('/.git'),
    });
    for await (const file of found) files.push(file);
    return files;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOTDIR') return [await describe(await realpath(join(base, start)), start)];
    if (code === 'ENOENT') return [];
    throw error;
  }
}

/** A build may replace a folder by a link to anywhere: what is packed must lie inside `base` by its real path. */
async function refuseOutside(base: string, path: string): Promise<void> {
  const [root, real] = await Promise.all([realpath(base), realpath(join(base, path)).catch(() => undefined)]);
  if (real !== undefined && real !== root && !real.startsWith(root + sep))
    throw new ArchiveError('link_outside', `${quoted(path)} is a link that leads out of the tree.`, path);
}

function refuseLinksOutside(files: readonly FileToPack[]): void {
  const links = new Map(files.filter((file) => file.kind === 'link').map((file) => [file.name, file.target]));
  for (const [name, target] of links)
    if (!leadsInside(name, target, (path) => links.get(path)))
      throw new ArchiveError(
        'link_outside',
        `The link ${quoted(name)} leads to ${quoted(target)}, outside the artifact. Copy the file there, or narrow the paths.`,
        name,
      );
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

async function look(base: string, glob: string, matches: number): Promise<Looked> {
  const folder = fixedFolder(glob);
  let nearest = folder;
  let listing = await namesIn(join(base, nearest));
  const exists = listing !== undefined;
  while (listing === undefined && nearest !== '.') {
    nearest = nearest.includes('/') ? nearest.slice(0, nearest.lastIndexOf('/')) : '.';
    listing = await namesIn(join(base, nearest));
  }
  return { glob, matches, folder, exists, nearest, names: (listing ?? []).slice(0, SHOWN_NAMES) };
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  const listing = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  return listing?.map((child) => (child.isDirectory() ? `${child.name}/` : child.name)).sort();
}
