/** The archive to upload: a folder packed now, or a file that is one already. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { Failure, usageFailure } from '../failure.ts';
import { isSystemError, systemFailure } from '../system-error.ts';
import { bytes } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sha256Of } from './digest.ts';

export interface ReadyArchive {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly format: 'tar.gz' | 'zip';
}

/** Enough to see what kind of links they are. */
const LINKS_NAMED = 5;

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

/** @throws Failure, when there is no temporary folder */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'staithe-source-'));
  } catch (error) {
    throw isSystemError(error) ? noPlaceToPack(error) : error;
  }
}

/** Packs a folder into a temporary file that goes when the process ends. @throws Failure */
export async function packFolder(
  folder: string,
  exclude: readonly string[],
  terminal: Terminal,
): Promise<ReadyArchive> {
  if (kindOf(folder) !== 'folder')
    throw usageFailure(`There is no folder '${folder}'.`, 'Name the folder of the project with --dir.');
  const { ArchiveError, packTree } = await import('../../archive/index.ts');
  const place = temporaryFolder();
  process.once('exit', () => rmSync(place, { recursive: true, force: true }));
  const path = join(place, 'source.tar.gz');
  terminal.progress(`packing ${folder}`);
  const packed = await packTree(folder, {
    out: path,
    exclude,
    onProgress: ({ files, totalFiles }) =>
      terminal.progress(`packing ${folder}`, `${files}/${totalFiles} files`),
  }).catch((error: unknown) => {
    if (isSystemError(error) && !error.path?.startsWith(folder)) throw noPlaceToPack(error);
    if (!(error instanceof ArchiveError)) throw error;
    throw new Failure(
      EXIT.usage,
      {
        code: error.code,
        detail: error.message,
        remedy: 'Change the folder, or leave files out with --exclude.',
      },
      { cause: error },
    );
  });
  terminal.done();
  const { leftOutLinks } = packed;
  for (const link of leftOutLinks.slice(0, LINKS_NAMED))
    terminal.note(`left out the link ${link}, which leads out of the folder`);
  if (leftOutLinks.length > LINKS_NAMED)
    terminal.note(`left out ${leftOutLinks.length - LINKS_NAMED} more such links`);
  if (packed.entries === 0)
    throw usageFailure(
      `There is nothing to pack in '${folder}'.`,
      'Look at its .gitignore and at --exclude.',
    );
  terminal.note(`packed ${packed.entries} files of ${folder}: ${bytes(packed.sizeBytes)}`);
  return { path, sha256: packed.sha256, sizeBytes: packed.sizeBytes, format: 'tar.gz' };
}

/** A gzip file begins with 1f 8b (RFC 1952), a zip file with PK (APPNOTE 4.3.7); the name says nothing sure. */
export async function formatOf(path: string): Promise<ReadyArchive['format'] | undefined> {
  await using file = await open(path);
  const { buffer } = await file.read({ buffer: Buffer.alloc(2), position: 0 });
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'tar.gz';
  return buffer.toString('latin1') === 'PK' ? 'zip' : undefined;
}

/** Takes a file as it is. @throws Failure usage, when it is no tar.gz or zip */
export async function takeFile(path: string): Promise<ReadyArchive> {
  if (kindOf(path) !== 'file')
    throw usageFailure(`There is no file '${path}'.`, 'Name an archive with --file.');
  const format = await formatOf(path);
  if (format === undefined)
    throw usageFailure(`'${path}' is neither a tar.gz nor a zip.`, 'Pack it, or name its folder with --dir.');
  return { path, sha256: await sha256Of(path), sizeBytes: statSync(path).size, format };
}
