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
 * All files and links below `root/start`, links not followed. Sockets, pipes and devices are passed over: no archive
 * of files can hold them.
 *
 * @param start relative to root, `.` for all of it
 */
export async function* walk(root: string, start: string, options: WalkOptions): AsyncGenerator<FileToPack> {
  const folder = join(root, start);
  const children = await readdir(folder, { withFileTypes: true });
  await options.enter?.(
    start,
    children.map((child) => child.name),
  );
  for (const child of children) {
    const name = start === '.' ? child.name : `${start}/${child.name}`;
    if (options.leaveOut(name, child.isDirectory())) continue;
    if (child.isDirectory()) yield* walk(root, name, options);
    else if (child.isFile() || child.isSymbolicLink()) yield await describe(join(root, name), name);
  }
}

/** @param path on this machine @param name in the archive */
export async function describe(path: string, name: string): Promise<FileToPack> {
  const stats = await lstat(path);
  const isLink = stats.isSymbolicLink();
  return {
    name,
    path,
    kind: isLink ? 'link' : 'file',
    executable: (stats.mode & 0o111) !== 0,
    size: isLink ? 0 : stats.size,
    target: isLink ? await readlink(path) : '',
  };
}
