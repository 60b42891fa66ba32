import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { integer, text } from '../option.ts';
import { clean } from '../terminal/clean.ts';
import { bytes } from '../terminal/format.ts';
import { formatOf } from '../upload/archive.ts';
import { uploadArtifact } from '../upload/artifact.ts';
import { sha256Of } from '../upload/digest.ts';
import { meter } from '../upload/meter.ts';
import { PARALLEL_PARTS } from '../upload/parts.ts';

/** More connections than this fill no line any better. */
const MOST_PARALLEL = 16;

/** @throws Failure usage */
function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return stat.size;
  throw usageFailure(
    stat === undefined ? `There is no file '${path}'.` : `'${path}' is not a file.`,
    'Name a file; pack a folder first.',
  );
}

/** By what the file begins with: a Lambda target takes a zip that is called one. */
async function typeOf(path: string): Promise<string> {
  const format = await formatOf(path);
  if (format === undefined) return 'application/octet-stream';
  return format === 'zip' ? 'application/zip' : 'application/gzip';
}

export const upload = command({
  name: 'upload',
  summary: 'Upload a file as an artifact',
  details:
    'Bytes that the project has are not sent again. A file of more than 100 MB is sent in parts; when that is ' +
    'interrupted, the same command goes on where it was, for a week.',
  args: { file: 'the file to upload' },
  options: {
    project: text(
      '--project <project>',
      'slug or id of the project (default: that of the token, when it is bound to one)',
      (option) => option.env('STAITHE_PROJECT'),
    ),
    name: text('--name <name>', 'name of the artifact (default: that of the file)'),
    contentType: text('--content-type <type>', 'its media type (default: by what the file begins with)'),
    parallel: integer(
      '--parallel <n>',
      `parts that are sent at once, 1 to ${MOST_PARALLEL} (default: ${PARALLEL_PARTS})`,
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
    if (parallel < 1 || parallel > MOST_PARALLEL)
      throw usageFailure(
        `--parallel must be 1 to ${MOST_PARALLEL}.`,
        'Give another number, or leave it out.',
      );
    const sha256 = await sha256Of(path, undefined, meter(terminal, 'hashing', sizeBytes));
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
        ...(uploaded ? [] : ['the project had these bytes; nothing was sent']),
        ...(resumed ? [`${parts.sent} of ${parts.count} parts were sent now, the others before`] : []),
        `next: staithe release create --artifact <service>=${artifact.id} --version 0.1.0`,
      ],
    };
  },
});
