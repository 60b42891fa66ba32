/**
 * One rule for links, for tar, zip, caches and sources: a link is packed when it leads to a place inside the packed
 * folder, by its real path and whether something is there or not (rebar3 links `priv` of every application, written or
 * not). It is relative then, also where it was written as an absolute path. Links that lead out or into a cycle are
 * refused.
 */
import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, posix, relative, sep } from 'node:path';
import { ArchiveError, quoted, systemCodeOf } from './error.ts';
import { leadsInside, MAX_LINKS, resolveInTree } from './link.ts';
import type { FileToPack } from './reproducible.ts';

/** Enough to see what kind of links they are. */
const MAX_NAMED = 5;

/** @param root the folder that names begin at, on this machine @throws ArchiveError link_outside, naming links and targets */
export async function resolveLinks(files: readonly FileToPack[], root: string): Promise<FileToPack[]> {
  const links = new Map(files.flatMap(({ kind, name, target }) => (kind === 'link' ? [[name, target]] : [])));
  if (links.size === 0) return [...files];
  const realRoot = await realpath(root);
  const resolved: FileToPack[] = [];
  const refused: string[] = [];
  for (const file of files) {
    const destination = file.kind === 'link' ? await realPathOf(file.path) : realRoot;
    if (destination === undefined) refused.push(`${inWords(file)}, into a link cycle`);
    else if (destination !== realRoot && !destination.startsWith(realRoot === sep ? sep : realRoot + sep))
      refused.push(`${inWords(file)}, outside of what is packed`);
    else if (file.kind !== 'link' || (await leadsTo(destination, file, realRoot, links))) resolved.push(file);
    else resolved.push({ ...file, target: relativeTarget(file.name, relative(realRoot, destination)) });
  }
  const targets = new Map(
    resolved.flatMap(({ kind, name, target }) => (kind === 'link' ? [[name, target]] : [])),
  );
  for (const file of resolved)
    if (file.kind === 'link' && !leadsInside(file.name, file.target, (path) => targets.get(path)))
      refused.push(`${inWords(file)}, outside of what is packed`);
  if (refused.length > 0) throw refusal(refused);
  return resolved;
}

/**
 * Whether the target as it is written leads, in what is unpacked, to what stands for the place: a folder that was
 * followed is no link there, so its name may stand for another one on disk, and `..` below it leads elsewhere.
 */
async function leadsTo(
  destination: string,
  { name, target }: FileToPack,
  realRoot: string,
  links: ReadonlyMap<string, string>,
): Promise<boolean> {
  const written = resolveInTree(name, target, (path) => links.get(path));
  if (written === undefined) return false;
  const path = join(realRoot, written);
  return path === destination || (await realPathOf(path)) === destination;
}

const inWords = ({ name, target }: FileToPack): string =>
  `the link ${quoted(name)} leads to ${quoted(target)}`;

/** @param place below the root, with this system's separators */
function relativeTarget(name: string, destination: string): string {
  const to = `/${destination.split(sep).join('/')}`;
  return posix.relative(`/${posix.dirname(name)}`, to) || '.';
}

/**
 * The real path of a place, be something there or not.
 * @returns undefined for links that form a cycle
 */
async function realPathOf(path: string, followed = 0): Promise<string | undefined> {
  const real = await ifThere(realpath(path));
  if (real !== NOTHING) return real;
  const parent = await realPathOf(dirname(path), followed);
  if (parent === undefined) return undefined;
  const name = basename(path);
  if (name === '..') return dirname(parent);
  const here = join(parent, name);
  const target = await ifThere(readlink(here));
  if (target === NOTHING) return here;
  if (target === undefined || followed === MAX_LINKS) return undefined;
  return realPathOf(isAbsolute(target) ? target : `${parent}/${target}`, followed + 1);
}

const NOTHING = Symbol('nothing is there');

/** @returns NOTHING where there is none, or no link; undefined in a cycle @throws other errors of the system */
async function ifThere(asked: Promise<string>): Promise<string | typeof NOTHING | undefined> {
  try {
    return await asked;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ELOOP') return undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL') return NOTHING;
    throw error;
  }
}

function refusal(refused: readonly string[]): ArchiveError {
  const [first = '', ...more] = [...new Set(refused)];
  const named = [first, ...more.slice(0, MAX_NAMED - 1)].join('; ');
  const rest = more.length + 1 - MAX_NAMED;
  return new ArchiveError(
    'link_outside',
    `${named.charAt(0).toUpperCase()}${named.slice(1)}${rest > 0 ? `; and ${rest} more such links` : ''}.`,
  );
}
