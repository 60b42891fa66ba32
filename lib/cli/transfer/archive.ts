/** The archive to upload: a packed folder, or a file that is an archive already. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import type { ArchiveError, PackedTree } from '../../archive/index.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure, usageFailure } from '../failure/failure.ts';
import { isSystemError, systemFailure } from '../failure/system-error.ts';
import { clean } from '../terminal/clean.ts';
import { bytes } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sha256Of } from './digest.ts';

export interface PreparedArchive {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly format: 'tar.gz' | 'zip';
}

/** Enough examples to recognize the kind of files. */
const MAX_NAMED = 5;

const kindOf = (path: string): 'file' | 'folder' | 'nothing' => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'nothing';
  return stat.isDirectory() ? 'folder' : 'file';
};

const packingFailure = (error: Parameters<typeof systemFailure>[0]) =>
  systemFailure(
    error,
    'The folder cannot be packed.',
    'Set TMPDIR to a writable folder with enough free space for the archive.',
  );

/** Whether the error is about the archive and not about a packed file. For a failed read or write Node has no path. */
const isAbout = ({ path, syscall }: Parameters<typeof systemFailure>[0], folder: string): boolean =>
  path === undefined ? syscall !== 'read' : `${resolve(path)}${sep}`.startsWith(`${resolve(folder)}${sep}`);

/** @throws Failure: not writable */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'staithe-source-'));
  } catch (error) {
    throw isSystemError(error) ? packingFailure(error) : error;
  }
}

/** How the build machine compares names. This machine may fold names that differ on Linux (case, Unicode forms). */
async function buildMachineFolding(isLocal: boolean) {
  const { foldingOf } = await import('../../archive/index.ts');
  return isLocal ? foldingOf(tmpdir()) : undefined;
}

/**
 * Packs a folder into a temporary file that is deleted when the process ends.
 * @param isLocal builds run on this machine
 * @throws Failure
 */
export async function packFolder(
  folder: string,
  exclude: readonly string[],
  isLocal: boolean,
  terminal: Terminal,
): Promise<PreparedArchive> {
  if (kindOf(folder) !== 'folder')
    throw usageFailure(`Folder not found: '${folder}'.`, 'Specify the folder of the project with --dir.');
  const { ArchiveError, packTree } = await import('../../archive/index.ts');
  const { SOURCE_MAX_BYTES } = await import('../../domain/source/schema.ts');
  const temporary = temporaryFolder();
  process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));
  const path = join(temporary, 'source.tar.gz');
  terminal.progress(`Packing ${folder}`);
  const packed = await packTree(folder, {
    out: path,
    exclude,
    maxBytes: SOURCE_MAX_BYTES,
    folding: await buildMachineFolding(isLocal),
    onProgress: ({ files, totalFiles }) =>
      terminal.progress(`Packing ${folder}`, `${files}/${totalFiles} files`),
  }).catch((error: unknown) => {
    if (isSystemError(error) && isAbout(error, temporary)) throw packingFailure(error);
    if (!(error instanceof ArchiveError)) throw error;
    throw archiveFailure(error, 'Change the folder, or exclude files with --exclude or .staitheignore.');
  });
  terminal.done();
  noteOmissions(packed, terminal);
  if (packed.entries === 0)
    throw usageFailure(`No files to pack in '${folder}'.`, 'Check .gitignore, .staitheignore and --exclude.');
  terminal.note(
    `Packed ${packed.entries} file${packed.entries === 1 ? '' : 's'} of ${folder}: ${bytes(packed.sizeBytes)}`,
  );
  return { path, sha256: packed.sha256, sizeBytes: packed.sizeBytes, format: 'tar.gz' };
}

const archiveFailure = (error: ArchiveError, remedy: string): Failure =>
  new Failure(EXIT.usage, { code: error.code, detail: error.message, remedy }, { cause: error });

/** Notes for files that are not in the archive, so that a build that misses them is no surprise. */
function noteOmissions({ leftOut, lfsPointers, withoutGit }: PackedTree, terminal: Terminal): void {
  const note = (names: readonly string[], describe: (count: number) => string): void => {
    if (names.length === 0) return;
    const examples = names
      .slice(0, MAX_NAMED)
      .map((name) => clean(name))
      .join(', ');
    terminal.note(`${describe(names.length)}: ${examples}${names.length > MAX_NAMED ? ', …' : ''}`);
  };
  if (withoutGit !== undefined)
    terminal.note(
      `warning: git could not list the files of this checkout (${clean(withoutGit)}); the .gitignore files were used instead`,
    );
  note(leftOut.ignored, (count) => `Omitted ${counted(count)} ignored by git`);
  note(leftOut.excluded, (count) => `Omitted ${counted(count)} excluded by .staitheignore or --exclude`);
  note(leftOut.missing, (count) => `Omitted ${counted(count)} tracked by git but missing in the folder`);
  note(
    leftOut.repositories,
    (count) =>
      `warning: omitted ${count === 1 ? '1 submodule or nested repository' : `${count} submodules or nested repositories`}`,
  );
  note(
    lfsPointers,
    (count) =>
      `warning: packed ${count === 1 ? '1 Git LFS pointer' : `${count} Git LFS pointers`} instead of the files (run git lfs pull first)`,
  );
}

const counted = (count: number): string => (count === 1 ? '1 file or folder' : `${count} files and folders`);

/** A gzip file starts with 1f 8b (RFC 1952), a zip file with PK (APPNOTE 4.3.7); the name is not reliable. */
export async function formatOf(path: string): Promise<PreparedArchive['format'] | undefined> {
  await using file = await open(path);
  const { buffer } = await file.read({ buffer: Buffer.alloc(2), position: 0 });
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'tar.gz';
  return buffer.toString('latin1') === 'PK' ? 'zip' : undefined;
}

/**
 * Takes a file as it is, after checking that a build can unpack it.
 * @param isLocal builds run on this machine
 * @throws Failure
 */
export async function takeFile(path: string, isLocal: boolean, terminal: Terminal): Promise<PreparedArchive> {
  if (kindOf(path) !== 'file')
    throw usageFailure(`File not found: '${path}'.`, 'Specify an archive with --file.');
  const format = await formatOf(path);
  if (format === undefined)
    throw usageFailure(
      `'${path}' is not a tar.gz or zip archive.`,
      'Use such an archive, or pack a folder with --dir.',
    );
  const sizeBytes = statSync(path).size;
  const { SOURCE_MAX_BYTES } = await import('../../domain/source/schema.ts');
  if (sizeBytes > SOURCE_MAX_BYTES)
    throw usageFailure(
      `'${path}' has ${bytes(sizeBytes)}, and sources are limited to ${bytes(SOURCE_MAX_BYTES)}.`,
      'Remove files that the build does not need, or download them in a command of the build.',
    );
  terminal.progress(`Reading ${path}`);
  await inspectArchive(path, format, isLocal, terminal);
  terminal.done();
  return { path, sha256: await sha256Of(path), sizeBytes, format };
}

/** Reports before the upload what would fail after it. @throws Failure */
async function inspectArchive(
  path: string,
  format: PreparedArchive['format'],
  isLocal: boolean,
  terminal: Terminal,
): Promise<void> {
  const { ArchiveError, surveyTree } = await import('../../archive/index.ts');
  const { MANIFEST_FILES, MANIFEST_MAX_BYTES } = await import('../../domain/manifest/schema.ts');
  const folding = await buildMachineFolding(isLocal);
  const { entry, wrapper } = await surveyTree(path, {
    format,
    names: MANIFEST_FILES,
    maxBytes: MANIFEST_MAX_BYTES,
    folding,
  }).catch((error: unknown) => {
    if (!(error instanceof ArchiveError)) throw error;
    throw archiveFailure(error, 'Pack it again, or pack its folder with --dir.');
  });
  if (entry === undefined && wrapper !== undefined)
    terminal.note(
      `hint: the archive has only the folder '${clean(wrapper)}', but the manifest is expected at the top level. To pack its content: tar -czf source.tar.gz -C '${clean(wrapper)}' .`,
    );
}
