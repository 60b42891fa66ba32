/** `staithe artifact upload`. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { command } from '../command/command.ts';
import { integer, text } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { clean } from '../terminal/clean.ts';
import { bytes } from '../terminal/format.ts';
import { meter } from '../terminal/meter.ts';
import { formatOf } from '../transfer/archive.ts';
import { uploadArtifact } from '../transfer/artifact.ts';
import { sha256Of } from '../transfer/digest.ts';
import { PARALLEL_PARTS } from '../transfer/parts.ts';

/** More connections do not make a transfer faster. */
const MAX_PARALLEL = 16;

/** @throws Failure usage */
function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return stat.size;
  throw usageFailure(
    stat === undefined ? `File not found: '${path}'.` : `'${path}' is not a file.`,
    'Specify a file; pack a folder first.',
  );
}

/** From the first bytes of the file: a Lambda target requires the type of a zip. */
async function typeOf(path: string): Promise<string> {
  const format = await formatOf(path);
  if (format === undefined) return 'application/octet-stream';
  return format === 'zip' ? 'application/zip' : 'application/gzip';
}

export const upload = command({
  name: 'upload',
  summary: 'Upload a file as an artifact',
  details:
    'A file whose bytes the project already has is not uploaded again. Files larger than 100 MB are uploaded in parts; an ' +
    'interrupted upload can be resumed with the same command for a week.',
  args: { file: 'File to upload' },
  options: {
    project: text(
      '--project <project>',
      'Project by slug or id (default: the project that the token is bound to)',
      (option) => option.env('STAITHE_PROJECT'),
    ),
    name: text('--name <name>', 'Artifact name (default: the file name)'),
    contentType: text('--content-type <type>', 'Media type (default: detected from the content)'),
    parallel: integer(
      '--parallel <n>',
      `Number of parallel uploads of parts, 1 to ${MAX_PARALLEL} (default: ${PARALLEL_PARTS})`,
    ),
  },
  examples: [
    'staithe artifact upload ./api.zip --project hello',
    'staithe artifact upload ./disk.img --project hello --name disk-1.0.img --content-type application/octet-stream',
  ],
  calls: ['createArtifact', 'getArtifact', 'beginMultipart', 'signParts', 'completeArtifact'],
  async run({ args, options }, { api, terminal, connection }) {
    const path = args.file;
    const sizeBytes = sizeOf(path);
    const parallel = options.parallel ?? PARALLEL_PARTS;
    if (parallel < 1 || parallel > MAX_PARALLEL)
      throw usageFailure(`--parallel must be 1 to ${MAX_PARALLEL}.`, 'Change the number or omit the option.');
    const sha256 = await sha256Of(path, undefined, meter(terminal, 'Hashing', sizeBytes));
    terminal.done();
    const key = {
      sha256,
      url: connection().url,
      project: options.project,
      name: options.name ?? basename(path),
      contentType: options.contentType ?? (await typeOf(path)),
    };
    const result = await uploadArtifact(api, terminal, { path, sizeBytes, key }, parallel);
    const { artifact, uploaded, parts } = result;
    const resumed = parts !== null && parts.sent < parts.count;
    return {
      json: result,
      text: `${artifact.id} ${clean(artifact.name)} (${bytes(sizeBytes)}) ${artifact.digest}`,
      notes: [
        ...(uploaded ? [] : ['The project already has this content; nothing was uploaded.']),
        ...(resumed
          ? [`Uploaded ${parts.sent} of ${parts.count} parts; an earlier command uploaded the others.`]
          : []),
        `next: staithe release create --artifact <service>=${artifact.id} --version 0.1.0`,
      ],
    };
  },
});
