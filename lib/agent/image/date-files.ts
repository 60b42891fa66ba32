/** Builders take the times of the context's files into the image's layers. */
import { lutimesSync, readdirSync } from 'node:fs';
import { systemCodeOf } from '../../archive/error.ts';
import { joined } from '../../archive/walk.ts';

/**
 * Dates a folder and all that is in it, so that what commands have made just now counts as everything else does.
 * @returns how many files keep their times, as only their owner may date them (utimensat(2), EPERM)
 */
export function dateFiles(folder: string | Buffer, seconds: number): number {
  let kept = 0;
  for (const child of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = joined(folder, child.name);
    kept += child.isDirectory() ? dateFiles(path, seconds) : dated(path, seconds);
  }
  return kept + dated(folder, seconds);
}

function dated(path: string | Buffer, seconds: number): number {
  try {
    lutimesSync(path, seconds, seconds);
    return 0;
  } catch (error) {
    if (systemCodeOf(error) !== 'EPERM') throw error;
    return 1;
  }
}
