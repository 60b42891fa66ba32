import { componentsOf } from './entry-name.ts';
import { ArchiveError, quoted } from './error.ts';
import { Budget } from './limits.ts';
import { gunzipped, type PackedBytes, withSeekable } from './packed-bytes.ts';
import { readTar, type TarEntry } from './tar-reader.ts';
import type { ArchiveFormat } from './unpack.ts';
import { readZip, type ZipEntry } from './zip-reader.ts';

export interface ReadEntryOptions {
  readonly format: ArchiveFormat;
  readonly stripComponents?: number;
  /** File names at the root of the tree, the preferred one first. */
  readonly names: readonly string[];
  /** Most bytes that the file may have. */
  readonly maxBytes: number;
  /** Most bytes to decompress while looking. Default 512 MiB: some seconds of a Lambda function. */
  readonly maxScanBytes?: number;
}

export interface FoundEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Finds one file at the root of an archive's tree without unpacking it. Reading stops as soon as the preferred name
 * is found; a less preferred one counts when the archive's end is reached without it.
 *
 * @throws ArchiveError not_an_archive, too_large (the file or the way to it), unsupported_entry (it is no plain file)
 */
export async function readEntry(
  packed: PackedBytes,
  options: ReadEntryOptions,
): Promise<FoundEntry | undefined> {
  const budget = new Budget({
    totalBytes: options.maxScanBytes ?? 512 * 1024 * 1024,
    fileBytes: options.maxBytes,
  });
  if (options.format === 'zip')
    return withSeekable(packed, (file) => find(readZip(file, budget), options, budget));
  return find(readTar(gunzipped(packed, budget)), options, budget);
}

async function find(
  entries: AsyncIterable<TarEntry | ZipEntry>,
  options: ReadEntryOptions,
  budget: Budget,
): Promise<FoundEntry | undefined> {
  let best: FoundEntry | undefined;
  let bestRank = options.names.length;
  for await (const entry of entries) {
    budget.countEntry();
    const components = componentsOf(entry.name, options.stripComponents ?? 0, budget.limits);
    const rank = components.length === 1 ? options.names.indexOf(components[0] ?? '') : -1;
    if (rank === -1 || rank >= bestRank) continue;
    best = { name: components[0] ?? '', bytes: await contentOf(entry, options.maxBytes) };
    bestRank = rank;
    if (rank === 0) break;
  }
  return best;
}

async function contentOf(entry: TarEntry | ZipEntry, maxBytes: number): Promise<Buffer> {
  if (entry.kind !== 'file')
    throw new ArchiveError('unsupported_entry', `${quoted(entry.name)} is not a plain file.`, entry.name);
  const tooLarge = new ArchiveError(
    'too_large',
    `${quoted(entry.name)} has more than ${Math.floor(maxBytes / 1024)} KiB.`,
    entry.name,
  );
  if (entry.size > maxBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  for await (const chunk of entry.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
