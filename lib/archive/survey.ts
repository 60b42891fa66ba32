/** Reads a whole archive once, without unpacking it: what its tree is, by content, and one file of its root. */
import { createHash } from 'node:crypto';
import { componentsOf } from './entry-name.ts';
import { ArchiveError, quoted } from './error.ts';
import { Budget } from './limits.ts';
import { type NameFolding, refuseCollisions } from './name-folding.ts';
import { gunzipped, type PackedBytes, withSeekable } from './packed-bytes.ts';
import { readTar, type TarEntry } from './tar-reader.ts';
import type { ArchiveFormat } from './unpack.ts';
import { readZip, type ZipEntry } from './zip-reader.ts';

export interface ReadSurvey {
  readonly format: ArchiveFormat;
  readonly stripComponents?: number;
  /** File names at the root of the tree, the preferred one first. */
  readonly names: readonly string[];
  /** Most bytes that the file may have. */
  readonly maxBytes: number;
  /** Names that the file system takes for one on which it will be unpacked; two of them are refused. Default: none. */
  readonly folding?: NameFolding | undefined;
}

export interface Survey {
  /**
   * The digest of the tree's content: of every file its path, whether it can be executed, and its bytes; of every link
   * its target. How and when it was packed do not count, nor do folders, which git does not keep either: so an upload
   * and a checkout of the same files have the same digest. Hex.
   */
  readonly treeSha256: string;
  readonly entry: { readonly name: string; readonly bytes: Buffer } | undefined;
  /** The folder that everything in the tree lies below; undefined when something stands beside it. */
  readonly wrapper: string | undefined;
}

/**
 * @throws ArchiveError as unpacking the archive would, but for what only a file system can refuse
 */
export async function surveyTree(packed: PackedBytes, options: ReadSurvey): Promise<Survey> {
  const budget = new Budget();
  if (options.format === 'zip')
    return withSeekable(packed, (file) => survey(readZip(file, budget), options, budget));
  return survey(readTar(gunzipped(packed, budget)), options, budget);
}

async function survey(
  entries: AsyncIterable<TarEntry | ZipEntry>,
  options: ReadSurvey,
  budget: Budget,
): Promise<Survey> {
  const strip = options.stripComponents ?? 0;
  const lines = new Map<string, string>();
  let best: Survey['entry'];
  let bestRank = options.names.length;
  for await (const entry of entries) {
    budget.countEntry();
    const components = componentsOf(entry.name, strip, budget.limits);
    const path = components.join('/');
    if (path === '' || entry.kind === 'folder') continue;
    const rank = components.length === 1 ? options.names.indexOf(path) : -1;
    const wanted = rank !== -1 && rank < bestRank;
    if (wanted && entry.kind !== 'file')
      throw new ArchiveError('unsupported_entry', `${quoted(entry.name)} is not a plain file.`, entry.name);
    if (entry.kind === 'hard_link') {
      const target = componentsOf(entry.linkName, strip, budget.limits).join('/');
      lines.set(path, lines.get(target) ?? `missing ${target}`);
      continue;
    }
    const { sha256, kept } = await digestOf(entry, wanted ? options.maxBytes : 0);
    if (entry.kind === 'symbolic_link') {
      lines.set(path, `link ${'linkName' in entry ? sha256Of(entry.linkName) : sha256}`);
      continue;
    }
    lines.set(path, `${entry.executable ? 'executable' : 'file'} ${sha256}`);
    if (!wanted) continue;
    if (kept === undefined)
      throw new ArchiveError(
        'too_large',
        `${quoted(entry.name)} has more than ${Math.floor(options.maxBytes / 1024)} KiB.`,
        entry.name,
      );
    best = { name: path, bytes: kept };
    bestRank = rank;
  }
  if (options.folding !== undefined) refuseCollisions(lines.keys(), options.folding);
  return { treeSha256: digestOfLines(lines), entry: best, wrapper: wrapperOf(lines.keys()) };
}

function wrapperOf(paths: Iterable<string>): string | undefined {
  const tops = new Set<string>();
  for (const path of paths) {
    if (!path.includes('/')) return undefined;
    tops.add(path.slice(0, path.indexOf('/')));
  }
  const [wrapper] = tops;
  return tops.size === 1 ? wrapper : undefined;
}

/** @returns the bytes too, when there are at most `keep` */
async function digestOf(
  entry: TarEntry | ZipEntry,
  keep: number,
): Promise<{ sha256: string; kept: Buffer | undefined }> {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of entry.body) {
    bytes += chunk.length;
    hash.update(chunk);
    if (bytes <= keep) chunks.push(chunk);
  }
  return { sha256: hash.digest('hex'), kept: bytes <= keep ? Buffer.concat(chunks) : undefined };
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

function digestOfLines(lines: ReadonlyMap<string, string>): string {
  const sorted = [...lines].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const hash = createHash('sha256');
  for (const [path, line] of sorted) hash.update(`${line} ${path}\0`);
  return hash.digest('hex');
}
