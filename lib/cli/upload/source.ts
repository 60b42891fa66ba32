/** From a folder or an archive to a source that a build can name. */
import type { Api } from '../api.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure, usageFailure } from '../failure.ts';
import { list, text } from '../option.ts';
import type { Source } from '../resources.ts';
import { withRetries } from '../retry.ts';
import { bytes } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { packFolder, type ReadyArchive, takeFile } from './archive.ts';
import { meter } from './meter.ts';
import { putFile, UploadInterrupted } from './put.ts';

export const sourceOptions = {
  dir: text(
    '--dir <folder>',
    "pack this folder: git's files in a checkout, otherwise all files not ignored; .staitheignore excludes more",
  ),
  file: text('--file <archive>', 'send this tar.gz or zip as it is'),
  exclude: list('--exclude <pattern>', 'with --dir: leave out what matches, in the syntax of .gitignore'),
};

/** @param isLocal builds run on this machine @throws Failure */
export function readyArchive(
  given: {
    readonly dir?: string | undefined;
    readonly file?: string | undefined;
    readonly exclude: readonly string[];
  },
  isLocal: boolean,
  terminal: Terminal,
): Promise<ReadyArchive> {
  if (given.file !== undefined) return takeFile(given.file, isLocal, terminal);
  if (given.dir !== undefined) return packFolder(given.dir, given.exclude, isLocal, terminal);
  throw usageFailure('Nothing says what to send.', 'Give --dir <folder> or --file <archive>.');
}

/**
 * Announces the archive and sends it, unless the same bytes are stored already. A broken upload is announced anew:
 * the presigned URL of the first may have expired.
 * @throws Failure | ApiError | UnreachableError
 */
export async function uploadSource(
  api: Api<'createSource'>,
  terminal: Terminal,
  project: string,
  archive: ReadyArchive,
): Promise<Source> {
  const attempt = async (): Promise<Source> => {
    const { upload, ...source } = await api.call('createSource', {
      params: { project },
      body: { sha256: archive.sha256, size_bytes: archive.sizeBytes, format: archive.format },
    });
    if (upload === null) {
      terminal.note(`already uploaded: ${source.id}`);
      return source;
    }
    const total = archive.sizeBytes;
    terminal.onInterrupt([
      'the upload was interrupted; nothing was built',
      'next: run the same command to start again',
    ]);
    await putFile(archive.path, { start: 0, length: total }, upload, meter(terminal, 'uploading', total));
    terminal.done();
    terminal.onInterrupt([]);
    terminal.note(`uploaded ${bytes(total)}: ${source.id}`);
    return source;
  };
  return withRetries(
    attempt,
    (error) => error instanceof UploadInterrupted,
    (error) =>
      terminal.note(`the upload broke off (${error instanceof Error ? error.message : ''}); trying again`),
  ).catch((error: unknown) => {
    if (!(error instanceof UploadInterrupted)) throw error;
    throw new Failure(
      EXIT.unreachable,
      {
        code: 'upload_interrupted',
        detail: `The upload broke off: ${error.message}.`,
        remedy: 'Run the command again.',
      },
      { cause: error },
    );
  });
}
