import { componentsOf } from './entry-name.ts';
import { ArchiveError, quoted } from './error.ts';
import { Budget } from './limits.ts';
import { missingContentOf } from './missing-content.ts';
import { type NameFolding, refuseCollisions } from './name-folding.ts';
import { packable } from './packable.ts';
import type { FileToPack, Written } from './reproducible.ts';
import { type LeftOut, sourceFiles } from './source-files.ts';
import { writeTarGz } from './tar-writer.ts';

export interface PackProgress {
  readonly files: number;
  readonly totalFiles: number;
  /** Unpacked bytes. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface PackTreeOptions {
  /** Where the tar.gz goes. When it lies in the folder, it is not packed. */
  readonly out: string;
  /** More to leave out, in the syntax of .gitignore; stronger than the files of the tree. */
  readonly exclude?: readonly string[];
  /** Bytes of the archive. A larger one is refused as soon as it is larger. */
  readonly maxBytes?: number;
  /** Names that the file system takes for one on which it will be unpacked; two of them are refused. Default: none. */
  readonly folding?: NameFolding | undefined;
  readonly onProgress?: (progress: PackProgress) => void;
}

export interface PackedTree extends Written {
  readonly entries: number;
  /** What is not packed. Tell the user. */
  readonly leftOut: LeftOut;
  /** Why git could not be asked about a checkout, whose ignore files were read instead. */
  readonly withoutGit: string | undefined;
  /** What the tree only refers to. */
  readonly lfsPointers: readonly string[];
}

/**
 * Packs a folder as a tar.gz: the same files are the same bytes on every machine. In a checkout these are the files
 * that git has; elsewhere .gitignore is honoured in every folder. `.staitheignore` leaves out more. Empty folders are
 * left out, as git does.
 *
 * @throws ArchiveError what no archive can keep, or no build would unpack, or a file that changed meanwhile
 */
export async function packTree(folder: string, options: PackTreeOptions): Promise<PackedTree> {
  const found = await sourceFiles(folder, { out: options.out, exclude: options.exclude ?? [] });
  const files = await packable(found.files, folder);
  refuseUnpackable(files);
  if (options.folding !== undefined)
    refuseCollisions(
      files.map((file) => file.name),
      options.folding,
    );
  const { lfsPointers } = await missingContentOf(files);
  const totalBytes = files.reduce((total, file) => total + file.size, 0);
  let done = 0;
  let bytes = 0;
  const onFile = (file: FileToPack): void => {
    done += 1;
    bytes += file.size;
    options.onProgress?.({ files: done, totalFiles: files.length, bytes, totalBytes });
  };
  const written = await writeTarGz(files, options.out, { onFile, maxBytes: options.maxBytes }).catch(
    (error: unknown) => {
      throw error instanceof ArchiveError && error.code === 'too_large' ? withLargest(error, files) : error;
    },
  );
  return {
    ...written,
    entries: files.length,
    leftOut: found.leftOut,
    withoutGit: found.withoutGit,
    lfsPointers,
  };
}

/** Counts what unpacking will count, so that a tree which no build takes is refused before it is packed. @throws ArchiveError */
function refuseUnpackable(files: readonly FileToPack[]): void {
  const budget = new Budget();
  // Only an archive that is there has a ratio.
  budget.packedBytes = Number.POSITIVE_INFINITY;
  for (const { name, size } of files) {
    budget.countEntry();
    componentsOf(name, 0, budget.limits);
    budget.checkFile(name, size);
    budget.countBytes(size);
  }
}

/** As many as a person looks at. */
const LARGEST_NAMED = 3;

/** Says where the bytes are: files and folders at the root, the largest first. */
function withLargest(error: ArchiveError, files: readonly FileToPack[]): ArchiveError {
  const sizes = new Map<string, number>();
  for (const { name, size } of files) {
    const top = name.includes('/') ? name.slice(0, name.indexOf('/') + 1) : name;
    sizes.set(top, (sizes.get(top) ?? 0) + size);
  }
  const largest = [...sizes]
    .sort(([, a], [, b]) => b - a)
    .slice(0, LARGEST_NAMED)
    .map(([name, size]) => `${quoted(name)} (${Math.ceil(size / 1024 ** 2)} MiB)`);
  return new ArchiveError(error.code, `${error.message} Most of it: ${largest.join(', ')}.`);
}
