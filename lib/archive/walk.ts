import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileToPack } from './reproducible.ts';

export interface WalkOptions {
  /** Asked for each file and folder before it is entered; `path` is relative to the walk's root. */
  readonly leaveOut: (path: string, isFolder: boolean) => boolean;
  /** Called when a folder is entered, before anything in it is asked for. */
  readonly enter?: (path: string, names: readonly string[]) => Promise<void>;
}

/**
 * An entry on disk and its name in the tree. Linux keeps names as bytes, so both are bytes as soon as one component is
 * not UTF-8: as text, such a name would be that of another file, or of none.
 */
interface WalkEntry {
  readonly path: string | Buffer;
  readonly name: string | Buffer;
}

/**
 * All files and links below `root/start`, links not followed. Sockets, pipes and devices are passed over: no archive
 * of files can hold them.
 *
 * @param start relative to root, `.` for all of it
 */
export async function* walk(root: string, start: string, options: WalkOptions): AsyncGenerator<FileToPack> {
  yield* walkFrom({ path: join(root, start), name: start === '.' ? '' : start }, options);
}

async function* walkFrom(folder: WalkEntry, options: WalkOptions): AsyncGenerator<FileToPack> {
  const children = await readdir(folder.path, { withFileTypes: true, encoding: 'buffer' });
  await options.enter?.(
    asText(folder.name) || '.',
    children.map((child) => asText(child.name)),
  );
  for (const child of children) {
    const name = joined(folder.name, child.name);
    if (options.leaveOut(asText(name), child.isDirectory())) continue;
    const entry = { path: joined(folder.path, child.name), name };
    if (child.isDirectory()) yield* walkFrom(entry, options);
    else if (child.isFile() || child.isSymbolicLink()) yield await describe(entry.path, entry.name);
  }
}

/**
 * What a file or link is.
 * @param path on this machine @param name in the archive @param stats of the path, where they are known
 * @throws when nothing is there
 */
export async function describe(
  path: string | Buffer,
  name: string | Buffer,
  stats?: Stats,
): Promise<FileToPack> {
  return describedBy({ path: textIfUtf8(path), name: textIfUtf8(name) }, stats ?? (await lstat(path)));
}

async function describedBy({ path, name }: WalkEntry, stats: Stats): Promise<FileToPack> {
  const isLink = stats.isSymbolicLink();
  const target = isLink ? await readlink(path, { encoding: 'buffer' }) : Buffer.alloc(0);
  const about = {
    name: asText(name),
    executable: (stats.mode & 0o111) !== 0,
    size: isLink ? 0 : stats.size,
    target: asText(target),
  };
  if (Buffer.isBuffer(path) || Buffer.isBuffer(name))
    return { ...about, kind: 'unnameable', path: escaped(Buffer.from(name)) };
  if (!isUtf8(target))
    return { ...about, kind: 'unnameable', path: `${escaped(Buffer.from(name))} -> ${escaped(target)}` };
  return { ...about, kind: isLink ? 'link' : 'file', path };
}

const asText = (name: string | Buffer): string => (typeof name === 'string' ? name : name.toString('utf8'));

const textIfUtf8 = (name: string | Buffer): string | Buffer =>
  Buffer.isBuffer(name) && isUtf8(name) ? name.toString('utf8') : name;

const SLASH = Buffer.of(0x2f);

/** A name below a folder: as text when both are. */
export function joined(folder: string | Buffer, name: Buffer): string | Buffer {
  if (typeof folder === 'string' && isUtf8(name)) return folder === '' ? `${name}` : `${folder}/${name}`;
  return folder.length === 0 ? name : Buffer.concat([Buffer.from(folder), SLASH, name]);
}

/** The name as people can read it: printable ASCII as it is, every other byte as `\xe9`. */
function escaped(name: Buffer): string {
  return [...name]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}
