import { componentsOf } from './entry-name.ts';
import { ArchiveError, quoted } from './error.ts';
import { Budget, type Limits } from './limits.ts';
import type { NameFolding } from './name-folding.ts';
import { gunzipped, notPacked, type PackedBytes, withSeekable } from './packed-bytes.ts';
import { readTar, type TarEntry } from './tar-reader.ts';
import { TreeWriter } from './tree-writer.ts';
import { MAX_TARGET_BYTES, readZip, type ZipEntry } from './zip-reader.ts';

export type ArchiveFormat = 'tar.gz' | 'zip';

export interface UnpackOptions {
  readonly format: ArchiveFormat | 'tar';
  /** A folder that does not exist yet or is empty. Nothing is written outside it. */
  readonly into: string;
  /** Leading path components to drop; entries with no more than these are left out. Default 0. */
  readonly stripComponents?: number;
  /** Default `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
  /** Names that the file system takes for one. Default: what it says itself. */
  readonly folding?: NameFolding;
  /** What everything is dated, `into` as well: seconds since 1970. Default: when it is written. */
  readonly timeSeconds?: number | undefined;
}

export interface Unpacked {
  readonly entries: number;
  readonly files: number;
  /** Unpacked bytes, for tar with its headers. */
  readonly bytes: number;
}

/**
 * Unpacks an archive that nobody vouches for. After a refusal `into` may hold a part of the tree; remove it.
 * Modes become 755 and 644, owners and the archive's times are not kept.
 *
 * @throws ArchiveError the archive is refused
 */
export async function unpack(packed: PackedBytes, options: UnpackOptions): Promise<Unpacked> {
  const budget = new Budget(options.limits);
  const tree = new TreeWriter(options.into, budget, options.folding);
  const strip = options.stripComponents ?? 0;
  const take = async (entries: AsyncIterable<TarEntry | ZipEntry>): Promise<void> => {
    for await (const entry of entries) {
      budget.countEntry();
      const components = componentsOf(entry.name, strip, budget.limits);
      if (components.length > 0) await writeEntry(tree, components, entry, strip, budget);
      else if (entry.kind === 'symbolic_link') throw rootLink(entry.name);
    }
  };
  if (options.format === 'zip') await withSeekable(packed, (file) => take(readZip(file, budget)));
  else await take(readTar(options.format === 'tar' ? notPacked(packed, budget) : gunzipped(packed, budget)));
  tree.finish(options.timeSeconds);
  return { entries: budget.entries, files: tree.files, bytes: budget.bytes };
}

async function writeEntry(
  tree: TreeWriter,
  components: readonly string[],
  entry: TarEntry | ZipEntry,
  strip: number,
  budget: Budget,
): Promise<void> {
  switch (entry.kind) {
    case 'folder':
      return tree.folder(components);
    case 'file':
      budget.checkFile(entry.name, entry.size);
      return tree.file(components, entry.executable, entry.body);
    case 'symbolic_link':
      return tree.symbolicLink(components, 'linkName' in entry ? entry.linkName : await targetIn(entry));
    case 'hard_link':
      return tree.hardLink(components, componentsOf(entry.linkName, strip, budget.limits));
  }
}

/** Zip keeps a link's target as its content. */
async function targetIn(entry: ZipEntry): Promise<string> {
  const tooLong = (): ArchiveError =>
    new ArchiveError('too_large', `The target of the link ${quoted(entry.name)} is too long.`, entry.name);
  if (entry.size > MAX_TARGET_BYTES) throw tooLong();
  const chunks: Buffer[] = [];
  for await (const chunk of entry.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function rootLink(name: string): ArchiveError {
  return new ArchiveError('link_outside', `The root of the archive is a link: ${quoted(name)}.`, name);
}
