/** Packing a cache: `context/…` and `home/…` in one tar.gz. */
import { ArchiveError } from '../../archive/error.ts';
import { packable } from '../../archive/packable.ts';
import type { FileToPack } from '../../archive/reproducible.ts';
import { select } from '../../archive/select.ts';
import { writeTarGz } from '../../archive/tar-writer.ts';
import { CACHE_MAX_BYTES } from '../../domain/cache/schema.ts';
import { inWords } from '../artifacts.ts';
import { type Roots, rooted } from './files.ts';

/** gzip's fastest: a third of the time of the usual level, for a tenth more bytes on a fast line. */
const LEVEL = 1;
/** 16 GiB: more never packs to 2 GiB, and would fill the disk that the archive needs. */
const MAX_UNPACKED_BYTES = 16 * 1024 ** 3;

export interface PackedCache {
  readonly file: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly files: number;
}

/**
 * Packs what the paths match.
 * @param out where the archive goes
 * @returns undefined when they match nothing
 * @throws ArchiveError for links and names that a restored cache could not keep: half a cache is worse than none
 */
export async function packCache(
  paths: readonly string[],
  roots: Roots,
  out: string,
): Promise<PackedCache | undefined> {
  const files: FileToPack[] = [];
  for (const name of ['context', 'home'] as const) {
    const globs = paths.map(rooted).flatMap(({ root, glob }) => (root === name ? [glob] : []));
    const selected = await packable((await select(roots[name], globs)).files, roots[name]);
    files.push(...selected.map((file) => ({ ...file, name: `${name}/${file.name}` })));
  }
  if (files.length === 0) return undefined;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_UNPACKED_BYTES) throw tooLarge(total);
  const written = await writeTarGz(files, out, { level: LEVEL, maxBytes: CACHE_MAX_BYTES });
  return { file: out, ...written, files: files.length };
}

function tooLarge(bytes: number): ArchiveError {
  const most = inWords(MAX_UNPACKED_BYTES);
  return new ArchiveError('too_large', `It has ${inWords(bytes)} unpacked; ${most} are allowed.`);
}
