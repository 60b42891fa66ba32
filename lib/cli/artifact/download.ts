import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { flawOfFileName } from '../../domain/file-name.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure, usageFailure } from '../failure.ts';
import { flag, text } from '../option.ts';
import type { Artifact } from '../resources.ts';
import { withRetries } from '../retry.ts';
import { clean } from '../terminal/clean.ts';
import { bytes } from '../terminal/format.ts';
import { sha256Of } from '../upload/digest.ts';
import { meter } from '../upload/meter.ts';
import { bytesLeft, DownloadInterrupted, fetchVerified } from './fetch.ts';

/**
 * The file to write: the artifact's own name, never another. The name came over the network, so one that would lead
 * elsewhere is refused.
 * @throws Failure
 */
function targetOf(artifact: Artifact, output: string | undefined): string {
  const isFolder =
    output !== undefined && statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
  if (output !== undefined && !isFolder) return output;
  const flaw = flawOfFileName(artifact.name);
  if (flaw !== undefined)
    throw usageFailure(
      `The artifact is called '${clean(artifact.name)}', which ${flaw}.`,
      'Name a file with --output.',
    );
  return join(output ?? '', artifact.name);
}

function locationIn(response: Response): string {
  const location = response.headers.get('location');
  if (location !== null && URL.canParse(location)) return location;
  throw new Failure(EXIT.unexpected, {
    code: 'unexpected_answer',
    detail: 'The server did not say where the bytes are.',
    remedy: 'Try again; `staithe status` tells the version of the server.',
  });
}

const interruptedFailure = (cause: DownloadInterrupted): Failure =>
  new Failure(
    EXIT.unreachable,
    {
      code: 'download_interrupted',
      detail: `The download broke off: ${cause.message}.`,
      remedy: 'Run the command again; it goes on where it was.',
    },
    { cause },
  );

export const download = command({
  name: 'download',
  summary: 'Download an artifact and verify its digest',
  details:
    'The file appears under its name only when its sha256 is that of the artifact. A file that is there already is ' +
    'kept when it has the same bytes, and replaced only with --force. A download that was interrupted goes on where it was.',
  args: { artifact: 'id of the artifact (art_…)' },
  options: {
    output: text(
      '--output <path>',
      'the file or folder to write to (default: the name of the artifact, here)',
    ),
    force: flag('--force', 'replace a file that has other bytes'),
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
      text: `${path} (${bytes(size)}): sha256 verified${fetched ? '' : ', was here already'}`,
    });
    if (existsSync(path) && !options.force) {
      if (`sha256:${await sha256Of(path)}` === digest) return result(false);
      throw usageFailure(
        `There is another file '${path}'.`,
        'Choose another name with --output, or say --force.',
      );
    }
    const attempt = async () => {
      const location = locationIn(await api.raw('downloadArtifact', { params }));
      const target = { digest, sizeBytes: size, target: path };
      const left = bytesLeft(target);
      if (left > 0) terminal.note(`resuming: ${bytes(left)} of ${bytes(size)} are here`);
      await fetchVerified(
        location,
        target,
        meter(terminal, `downloading ${clean(artifact.name)}`, size, left),
      );
      terminal.done();
    };
    terminal.onInterrupt([
      'the download was interrupted; what came is kept',
      'next: run the same command to resume',
    ]);
    await withRetries(
      attempt,
      (error) => error instanceof DownloadInterrupted,
      (error) =>
        terminal.note(
          `the download broke off (${error instanceof Error ? error.message : ''}); trying again`,
        ),
    ).catch((error: unknown) => {
      terminal.onInterrupt([]);
      throw error instanceof DownloadInterrupted ? interruptedFailure(error) : error;
    });
    terminal.onInterrupt([]);
    return result(true);
  },
});
