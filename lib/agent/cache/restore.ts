/** Putting a cache back in its place. */
import { existsSync, lstatSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FIXED_SECONDS } from '../../archive/reproducible.ts';
import { unpack } from '../../archive/unpack.ts';
import type { Roots } from './files.ts';

/** Generous ones: the digest has proved that these are the bytes that a build of this scope has packed. */
const LIMITS = {
  entries: 1_000_000,
  totalBytes: 16 * 1024 ** 3,
  fileBytes: 8 * 1024 ** 3,
  // deflate's own bound: a cache of zeros is nobody's bomb.
  ratio: 1100,
  pathBytes: 3072,
  depth: 256,
} as const;

/**
 * Unpacks a cache and moves it below its roots. What is there already stays as it is: a cache never changes the source.
 * @param folder for the time between; it is gone afterwards
 */
export async function restoreCache(archive: string, roots: Roots, folder: string): Promise<void> {
  try {
    // Older than every source (domain/source/time.ts): tools that go by times (make, cargo) would otherwise take what was
    // built from an earlier source for newer than the present one, and build nothing.
    await unpack(archive, { format: 'tar.gz', into: folder, limits: LIMITS, timeSeconds: FIXED_SECONDS });
    for (const name of ['context', 'home'] as const) {
      const from = join(folder, name);
      if (existsSync(from)) merge(from, roots[name]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Moves whole folders where it can: both places are on one disk. */
function merge(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (there === undefined) renameSync(source, target);
    else if (there.isDirectory() && lstatSync(source).isDirectory()) merge(source, target);
  }
}
