/** `staithe artifact download`. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { flawOfFileName } from '../../domain/file-name.ts';
import type { Artifact } from '../api/resources.ts';
import { withRetries } from '../api/retry.ts';
import { command } from '../command/command.ts';
import { flag, text } from '../command/option.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure, usageFailure } from '../failure/failure.ts';
import { clean } from '../terminal/clean.ts';
import { bytes } from '../terminal/format.ts';
import { meter } from '../terminal/meter.ts';
import { sha256Of } from '../transfer/digest.ts';
import { DownloadInterrupted, fetchVerified, partialBytes } from '../transfer/download.ts';

/**
 * The file to write. The name of the artifact comes from the network: a name that would leave the folder is refused.
 * @throws Failure usage
 */
function targetOf(artifact: Artifact, output: string | undefined): string {
  const isFolder =
    output !== undefined && statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
  if (output !== undefined && !isFolder) return output;
  const flaw = flawOfFileName(artifact.name);
  if (flaw !== undefined)
    throw usageFailure(
      `The artifact name '${clean(artifact.name)}' is not a safe file name: it ${flaw}.`,
      'Specify a file with --output.',
    );
  return join(output ?? '', artifact.name);
}

function locationIn(response: Response): string {
  const location = response.headers.get('location');
  if (location !== null && URL.canParse(location)) return location;
  throw new Failure(EXIT.unexpected, {
    code: 'unexpected_answer',
    detail: 'The server did not return a download URL.',
    remedy: 'Check the server with `staithe status`; its version may differ from this CLI.',
  });
}

const interruptedFailure = (cause: DownloadInterrupted): Failure =>
  new Failure(
    EXIT.unreachable,
    {
      code: 'download_interrupted',
      detail: `The download was interrupted: ${cause.message}.`,
      remedy: 'Run the command again to resume.',
    },
    { cause },
  );

export const download = command({
  name: 'download',
  summary: 'Download an artifact and verify its digest',
  details:
    'The file gets its name only after its sha256 has been verified. An existing file is kept if it has the same content, ' +
    'and replaced only with --force. An interrupted download is resumed by the same command.',
  args: { artifact: 'Artifact id (art_…)' },
  options: {
    output: text(
      '--output <path>',
      'File or folder to write to (default: the artifact name, in this folder)',
    ),
    force: flag('--force', 'Replace an existing file with different content'),
  },
  examples: [
    'staithe artifact download art_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    'staithe artifact download art_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --output hello.zip',
  ],
  calls: ['getArtifact', 'downloadArtifact'],
  async run({ args, options }, { api, terminal }) {
    const params = { artifact: args.artifact };
    const artifact = await api.call('getArtifact', { params });
    const { size_bytes: size = 0, digest = '' } = artifact;
    const path = targetOf(artifact, options.output);
    const result = (fetched: boolean) => ({
      json: { artifact, path, verified: true, fetched },
      text: `${path} (${bytes(size)}): sha256 verified${fetched ? '' : ', already downloaded'}`,
    });
    if (existsSync(path) && !options.force) {
      if (`sha256:${await sha256Of(path)}` === digest) return result(false);
      throw usageFailure(
        `'${path}' exists and has different content.`,
        'Choose another path with --output, or replace the file with --force.',
      );
    }
    const attempt = async () => {
      const location = locationIn(await api.raw('downloadArtifact', { params }));
      const target = { digest, sizeBytes: size, target: path };
      const partial = partialBytes(target);
      if (partial > 0) terminal.note(`Resuming: ${bytes(partial)} of ${bytes(size)} already downloaded.`);
      await fetchVerified(
        location,
        target,
        meter(terminal, `Downloading ${clean(artifact.name)}`, size, partial),
      );
      terminal.done();
    };
    terminal.onInterrupt([
      'Download interrupted. The downloaded part is kept.',
      'next: run the same command to resume',
    ]);
    await withRetries(
      attempt,
      (error) => error instanceof DownloadInterrupted,
      (error) =>
        terminal.note(`Download interrupted (${error instanceof Error ? error.message : ''}); retrying.`),
    ).catch((error: unknown) => {
      terminal.onInterrupt([]);
      throw error instanceof DownloadInterrupted ? interruptedFailure(error) : error;
    });
    terminal.onInterrupt([]);
    return result(true);
  },
});
