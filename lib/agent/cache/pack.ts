/** Packing a cache: `context/…` and `home/…` in one tar.gz. */
import { ArchiveError, quoted } from '../../archive/error.ts';
import { leadsInside } from '../../archive/link.ts';
import { byName, type FileToPack } from '../../archive/reproducible.ts';
import { writeTarGz } from '../../archive/tar-writer.ts';
import { CACHE_MAX_BYTES } from '../../domain/cache/schema.ts';
import { inWords } from '../artifacts.ts';
import { matching, type RootName, type Roots, rooted } from './files.ts';

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
 * @throws ArchiveError for a link that leads out, which a restored cache could not keep: half a cache is worse than none
 */
export async function packCache(
  paths: readonly string[],
  roots: Roots,
  out: string,
): Promise<PackedCache | undefined> {
  const files: FileToPack[] = [];
  for (const name of ['context', 'home'] as const) {
    const own = await filesBelow(name, paths, roots);
    refuseLinksOutside(own);
    files.push(...own.map((file) => ({ ...file, name: `${name}/${file.name}` })));
  }
  if (files.length === 0) return undefined;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_UNPACKED_BYTES) throw tooLarge(total, 'unpacked', MAX_UNPACKED_BYTES);
  const written = await writeTarGz(files, out, undefined, LEVEL);
  if (written.sizeBytes > CACHE_MAX_BYTES) throw tooLarge(written.sizeBytes, 'packed', CACHE_MAX_BYTES);
  return { file: out, ...written, files: files.length };
}

async function filesBelow(name: RootName, paths: readonly string[], roots: Roots): Promise<FileToPack[]> {
  const found = new Map<string, FileToPack>();
  for (const { root, glob } of paths.map(rooted))
    if (root === name) for (const file of await matching(roots[root], glob)) found.set(file.name, file);
  return [...found.values()].sort(byName);
}

function refuseLinksOutside(files: readonly FileToPack[]): void {
  const links = new Map(
    files.filter(({ kind }) => kind === 'link').map(({ name, target }) => [name, target]),
  );
  for (const [name, target] of links)
    if (!leadsInside(name, target, (path) => links.get(path)))
      throw new ArchiveError(
        'link_outside',
        `The link ${quoted(name)} leads to ${quoted(target)}, outside of what a cache can hold.`,
        name,
      );
}

function tooLarge(bytes: number, how: string, limit: number): ArchiveError {
  return new ArchiveError('too_large', `It has ${inWords(bytes)} ${how}; ${inWords(limit)} are allowed.`);
}
