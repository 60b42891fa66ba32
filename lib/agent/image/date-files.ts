/** Builders take the times of the context's files into the image's layers. */
import { type Dirent, lutimesSync, readdirSync } from 'node:fs';
import { systemCodeOf } from '../../archive/error.ts';
import { joined } from '../../archive/walk.ts';

/**
 * Dates a folder and all that is in it, so that what commands have made just now counts as everything else does.
 * @returns how many files and folders keep their times, as another user's neither may be dated (utimensat(2), EPERM)
 *   nor, perhaps, listed
 */
export function dateFiles(folder: string | Buffer, seconds: number): number {
  let kept = 0;
  const children = allowed<Dirent<Buffer>[]>(() =>
    readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }),
  );
  for (const child of children ?? []) {
    const path = joined(folder, child.name);
    kept += child.isDirectory() ? dateFiles(path, seconds) : dated(path, seconds);
  }
  return kept + (children === undefined ? 1 : dated(folder, seconds));
}

const dated = (path: string | Buffer, seconds: number): 0 | 1 =>
  allowed(() => lutimesSync(path, seconds, seconds) ?? true) === undefined ? 1 : 0;

/** @returns undefined where the system does not allow it */
function allowed<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    if (!['EPERM', 'EACCES'].includes(systemCodeOf(error))) throw error;
    return undefined;
  }
}
