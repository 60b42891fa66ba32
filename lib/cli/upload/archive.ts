/** The archive to upload: a folder packed now, or a file that is one already. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import type { ArchiveError, PackedTree } from '../../archive/index.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure, usageFailure } from '../failure.ts';
import { isSystemError, systemFailure } from '../system-error.ts';
import { clean } from '../terminal/clean.ts';
import { bytes } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sha256Of } from './digest.ts';

export interface ReadyArchive {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly format: 'tar.gz' | 'zip';
}

/** Enough to see what kind of files they are. */
const MOST_NAMED = 5;

const kindOf = (path: string): 'file' | 'folder' | 'nothing' => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'nothing';
  return stat.isDirectory() ? 'folder' : 'file';
};

const noPlaceToPack = (error: Parameters<typeof systemFailure>[0]) =>
  systemFailure(
    error,
    'The folder cannot be packed.',
    'Set TMPDIR to a folder that can be written and has room for the archive.',
  );

/** Whether a place for the archive is at fault, not a file to pack. Of a write or read that fails, Node names no path. */
const isAbout = ({ path, syscall }: Parameters<typeof systemFailure>[0], place: string): boolean =>
  path === undefined ? syscall !== 'read' : `${resolve(path)}${sep}`.startsWith(`${resolve(place)}${sep}`);

/** @throws Failure, when there is no temporary folder */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'staithe-source-'));
  } catch (error) {
    throw isSystemError(error) ? noPlaceToPack(error) : error;
  }
}

/** Where builds will unpack the archive: on this machine, names may meet that a Linux machine tells apart. */
async function foldingThere(isLocal: boolean) {
  const { foldingOf } = await import('../../archive/index.ts');
  return isLocal ? foldingOf(tmpdir()) : undefined;
}

/**
 * Packs a folder into a temporary file that goes when the process ends.
 * @param isLocal builds run on this machine @throws Failure
 */
export async function packFolder(
  folder: string,
  exclude: readonly string[],
  isLocal: boolean,
  terminal: Terminal,
): Promise<ReadyArchive> {
  if (kindOf(folder) !== 'folder')
    throw usageFailure(`There is no folder '${folder}'.`, 'Name the folder of the project with --dir.');
  const { ArchiveError, packTree } = await import('../../archive/index.ts');
  const { SOURCE_MAX_BYTES } = await import('../../domain/source/schema.ts');
  const place = temporaryFolder();
  process.once('exit', () => rmSync(place, { recursive: true, force: true }));
  const path = join(place, 'source.tar.gz');
  terminal.progress(`packing ${folder}`);
  const packed = await packTree(folder, {
    out: path,
    exclude,
    maxBytes: SOURCE_MAX_BYTES,
    folding: await foldingThere(isLocal),
    onProgress: ({ files, totalFiles }) =>
      terminal.progress(`packing ${folder}`, `${files}/${totalFiles} files`),
  }).catch((error: unknown) => {
    if (isSystemError(error) && isAbout(error, place)) throw noPlaceToPack(error);
    if (!(error instanceof ArchiveError)) throw error;
    throw refusal(error, 'Change the folder, or leave files out with --exclude or in .staitheignore.');
  });
  terminal.done();
  sayLeftOut(packed, terminal);
  if (packed.entries === 0)
    throw usageFailure(
      `There is nothing to pack in '${folder}'.`,
      'Look at its .gitignore and at --exclude.',
    );
  terminal.note(`packed ${packed.entries} files of ${folder}: ${bytes(packed.sizeBytes)}`);
  return { path, sha256: packed.sha256, sizeBytes: packed.sizeBytes, format: 'tar.gz' };
}

const refusal = (error: ArchiveError, remedy: string): Failure =>
  new Failure(EXIT.usage, { code: error.code, detail: error.message, remedy }, { cause: error });

/** What a build will not find is counted and named, never passed over. */
function sayLeftOut({ leftOut, lfsPointers, withoutGit }: PackedTree, terminal: Terminal): void {
  const tell = (names: readonly string[], what: (count: number) => string): void => {
    if (names.length === 0) return;
    const named = names
      .slice(0, MOST_NAMED)
      .map((name) => clean(name))
      .join(', ');
    terminal.note(`${what(names.length)}: ${named}${names.length > MOST_NAMED ? ', …' : ''}`);
  };
  if (withoutGit !== undefined)
    terminal.note(
      `warning: git did not list the files of this checkout (${clean(withoutGit)}); its .gitignore files were read instead`,
    );
  tell(leftOut.ignored, (count) => `left out ${counted(count)} that git ignores`);
  tell(leftOut.excluded, (count) => `left out ${counted(count)} by .staitheignore and --exclude`);
  tell(leftOut.missing, (count) => `left out ${counted(count)} that git tracks and the folder does not have`);
  tell(
    leftOut.repositories,
    (count) =>
      `warning: left out ${count === 1 ? 'a submodule or other repository' : `${count} submodules or other repositories`}, as git does`,
  );
  tell(
    lfsPointers,
    (count) =>
      `warning: packed ${count === 1 ? 'a Git LFS pointer' : `${count} Git LFS pointers`} instead of the files (git lfs pull gets them)`,
  );
}

const counted = (count: number): string => (count === 1 ? '1 file or folder' : `${count} files and folders`);

/** A gzip file begins with 1f 8b (RFC 1952), a zip file with PK (APPNOTE 4.3.7); the name says nothing sure. */
export async function formatOf(path: string): Promise<ReadyArchive['format'] | undefined> {
  await using file = await open(path);
  const { buffer } = await file.read({ buffer: Buffer.alloc(2), position: 0 });
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'tar.gz';
  return buffer.toString('latin1') === 'PK' ? 'zip' : undefined;
}

/**
 * Takes a file as it is, once it is known that builds will unpack it.
 * @param isLocal builds run on this machine @throws Failure
 */
export async function takeFile(path: string, isLocal: boolean, terminal: Terminal): Promise<ReadyArchive> {
  if (kindOf(path) !== 'file')
    throw usageFailure(`There is no file '${path}'.`, 'Name an archive with --file.');
  const format = await formatOf(path);
  if (format === undefined)
    throw usageFailure(`'${path}' is neither a tar.gz nor a zip.`, 'Pack it, or name its folder with --dir.');
  const sizeBytes = statSync(path).size;
  const { SOURCE_MAX_BYTES } = await import('../../domain/source/schema.ts');
  if (sizeBytes > SOURCE_MAX_BYTES)
    throw usageFailure(
      `'${path}' has ${bytes(sizeBytes)}; a source may have ${bytes(SOURCE_MAX_BYTES)}.`,
      'Leave out what the build does not need, or let a command of the build fetch it.',
    );
  terminal.progress(`reading ${path}`);
  await lookInto(path, format, isLocal, terminal);
  terminal.done();
  return { path, sha256: await sha256Of(path), sizeBytes, format };
}

/** What would fail only after the upload is said before it. @throws Failure */
async function lookInto(
  path: string,
  format: ReadyArchive['format'],
  isLocal: boolean,
  terminal: Terminal,
): Promise<void> {
  const { ArchiveError, surveyTree } = await import('../../archive/index.ts');
  const { MANIFEST_FILES, MANIFEST_MAX_BYTES } = await import('../../domain/manifest/schema.ts');
  const folding = await foldingThere(isLocal);
  const { entry, wrapper } = await surveyTree(path, {
    format,
    names: MANIFEST_FILES,
    maxBytes: MANIFEST_MAX_BYTES,
    folding,
  }).catch((error: unknown) => {
    if (!(error instanceof ArchiveError)) throw error;
    throw refusal(error, 'Pack it anew, or name its folder with --dir.');
  });
  if (entry === undefined && wrapper !== undefined)
    terminal.note(
      `hint: everything in the archive lies below '${clean(wrapper)}', and the manifest is looked for beside it; to pack what is in it: tar -czf source.tar.gz -C '${clean(wrapper)}' .`,
    );
}
