/** Uploading a folder or an archive as a source. */
import type { Api } from '../api/api.ts';
import type { Source } from '../api/resources.ts';
import { withRetries } from '../api/retry.ts';
import { list, text } from '../command/option.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure, usageFailure } from '../failure/failure.ts';
import { bytes } from '../terminal/format.ts';
import { meter } from '../terminal/meter.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type PreparedArchive, packFolder, takeFile } from './archive.ts';
import { putFile, UploadInterrupted } from './put.ts';

export const sourceOptions = {
  dir: text(
    '--dir <folder>',
    'Folder to pack: in a git checkout the files of git, otherwise all files; minus those in .staitheignore',
  ),
  file: text('--file <archive>', 'Archive to upload as it is (tar.gz or zip)'),
  exclude: list('--exclude <pattern>', 'With --dir: exclude files by a .gitignore pattern'),
};

/** @param isLocal builds run on this machine @throws Failure */
export function prepareArchive(
  options: {
    readonly dir?: string | undefined;
    readonly file?: string | undefined;
    readonly exclude: readonly string[];
  },
  isLocal: boolean,
  terminal: Terminal,
): Promise<PreparedArchive> {
  if (options.file !== undefined) return takeFile(options.file, isLocal, terminal);
  if (options.dir !== undefined) return packFolder(options.dir, options.exclude, isLocal, terminal);
  throw usageFailure('No source specified.', 'Add --dir <folder> or --file <archive>.');
}

/**
 * Registers the archive and uploads it, unless its content is stored already. Each attempt registers it again: the
 * presigned URL of an earlier one may have expired.
 * @throws Failure | ApiError | UnreachableError
 */
export async function uploadSource(
  api: Api<'createSource'>,
  terminal: Terminal,
  project: string,
  archive: PreparedArchive,
): Promise<Source> {
  const attempt = async (): Promise<Source> => {
    const { upload, ...source } = await api.call('createSource', {
      params: { project },
      body: { sha256: archive.sha256, size_bytes: archive.sizeBytes, format: archive.format },
    });
    if (upload === null) {
      terminal.note(`Already uploaded: ${source.id}`);
      return source;
    }
    const total = archive.sizeBytes;
    terminal.onInterrupt([
      'Upload interrupted; no build was started.',
      'next: run the same command to upload again',
    ]);
    await putFile(archive.path, { start: 0, length: total }, upload, meter(terminal, 'Uploading', total));
    terminal.done();
    terminal.onInterrupt([]);
    terminal.note(`Uploaded ${bytes(total)}: ${source.id}`);
    return source;
  };
  return withRetries(
    attempt,
    (error) => error instanceof UploadInterrupted,
    (error) =>
      terminal.note(`Upload interrupted (${error instanceof Error ? error.message : ''}); retrying.`),
  ).catch((error: unknown) => {
    if (!(error instanceof UploadInterrupted)) throw error;
    throw new Failure(
      EXIT.unreachable,
      {
        code: 'upload_interrupted',
        detail: `The upload was interrupted: ${error.message}.`,
        remedy: 'Run the command again.',
      },
      { cause: error },
    );
  });
}
