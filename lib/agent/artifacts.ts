import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { quoted } from '../archive/error.ts';
import { type PackFilesResult, packFiles } from '../archive/pack-files.ts';
import { type ArtifactLook, zeroArtifacts } from '../domain/diagnosis/zero-artifacts.ts';
import { ARTIFACT_MAX_BYTES, type CreateJobUpload, type Job } from '../domain/execution/model/job.ts';
import { flawOfFileName } from '../domain/file-name.ts';
import type { ArtifactSpec } from '../domain/manifest/schema.ts';
import { type MatrixCell, suffixOf } from '../domain/matrix.ts';
import type { JobApi } from './api.ts';
import { JobFailure } from './failure.ts';
import { say } from './output.ts';
import { retry } from './retry.ts';
import { isTransient, TransferError, upload } from './transfer.ts';

export interface PackedArtifact extends CreateJobUpload {
  readonly file: string;
}

const CONTENT_TYPES = {
  zip: 'application/zip',
  'tar.gz': 'application/gzip',
  file: 'application/octet-stream',
} as const;

/**
 * Packs what each artifact of a service names. One that matches nothing fails the job, once all are known: the message
 * tells of all.
 *
 * @throws JobFailure zero_artifacts; ArchiveError
 */
export async function packArtifacts(job: Job, folder: string, out: string): Promise<PackedArtifact[]> {
  const packed: PackedArtifact[] = [];
  const looks: ArtifactLook[] = [];
  for (const [index, spec] of job.spec.artifacts.entries()) {
    const file = join(out, String(index));
    const result = await packFiles({ base: folder, ...spec, out: file });
    if (result.kind === 'nothing') {
      looks.push({ ...result, root: spec.root, looked: result.looked.map(beside(job, folder)) });
      continue;
    }
    for (const glob of result.unmatched) say(`    nothing matches '${glob}'`);
    reportDanglingLinks(result.loose);
    if (result.sizeBytes > ARTIFACT_MAX_BYTES) throw tooLarge(spec, result.sizeBytes);
    const taken = packed.map((one) => one.name);
    const name = nameOf(job, spec, result, taken);
    packed.push({
      file,
      name,
      sha256: result.sha256,
      size_bytes: result.sizeBytes,
      content_type: CONTENT_TYPES[spec.format],
    });
    looks.push({ kind: 'packed', name, files: result.files });
    say(`    ${name}: ${result.files} file${result.files === 1 ? '' : 's'}, ${inWords(result.sizeBytes)}`);
  }
  // An image may leave files beside it, and need not.
  const declaresNothing = looks.length === 0 && job.spec.image === null;
  if (declaresNothing || looks.some((look) => look.kind === 'nothing')) {
    const { context, commands } = job.spec;
    const left = { service: job.service, context, commands: commands.length, artifacts: looks };
    throw new JobFailure({ ...zeroArtifacts(left), step: 'pack' });
  }
  return packed;
}

/** As many as a person reads. */
const LINKS_SHOWN = 5;

function reportDanglingLinks(loose: Packed['loose']): void {
  for (const { name, target } of loose.slice(0, LINKS_SHOWN))
    say(`    the link ${quoted(name)} leads to ${quoted(target)}, which is not in the artifact`);
  if (loose.length > LINKS_SHOWN) say(`    and ${loose.length - LINKS_SHOWN} more such links`);
}

/** Whether a glob's folder is at the root of the source, for a service whose context is a folder below it. */
const beside =
  ({ spec: { context } }: Job, folder: string) =>
  <L extends { readonly folder: string; readonly exists: boolean }>(looked: L) => {
    const up = context.split('/').filter((name) => name !== '' && name !== '.');
    const atSourceRoot =
      up.length > 0 && !looked.exists && existsSync(join(folder, ...up.map(() => '..'), looked.folder));
    return { ...looked, atSourceRoot };
  };

type Packed = Extract<PackFilesResult, { kind: 'packed' }>;

/**
 * A single file without a name given keeps its own; all else is `<name or service>.<extension>`, and of a matrix
 * `<name>-<axis>-<value>.<extension>` with its axes by name. Never the same name twice in a job.
 * @throws JobFailure build_error for a file's own name that cannot be kept: it is never changed
 */
function nameOf(
  { service, matrix }: Pick<Job, 'service' | 'matrix'>,
  spec: ArtifactSpec,
  result: Packed,
  taken: readonly string[],
): string {
  if (spec.format === 'file' && spec.name === undefined) return uniqueName(result.fileName, taken);
  const { extension } = result;
  const stem = `${spec.name ?? service}${cellSuffix(matrix)}`;
  for (let count = 1; ; count += 1) {
    const name = `${stem}${count === 1 ? '' : `-${count}`}${extension}`;
    if (!taken.includes(name)) return keepable(name);
  }
}

function uniqueName(fileName: string, taken: readonly string[]): string {
  if (!taken.includes(fileName)) return keepable(fileName);
  throw nameRefused(`Two artifacts of this service would be called ${quoted(fileName)}.`);
}

function keepable(name: string): string {
  const flaw = flawOfFileName(name);
  if (flaw === undefined) return name;
  throw nameRefused(`The artifact cannot be called ${quoted(name)}: the name ${flaw}.`);
}

function nameRefused(message: string): JobFailure {
  return new JobFailure({
    code: 'build_error',
    message,
    hint: 'Change the file name in the build, or set a name for the artifact in staithe.yaml.',
    step: 'pack',
  });
}

/** 150 bytes of a file name's 255: a name has 63, an extension a few. A longer one ends in its digest, so that none is another's. */
const SUFFIX_MAX = 150;

/** A value's slashes and colons are no part of a file's name. */
function cellSuffix(matrix: MatrixCell): string {
  const whole = suffixOf(matrix);
  const suffix = whole.replace(/[^\w.+-]/g, '-');
  if (suffix.length <= SUFFIX_MAX) return suffix;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 12);
  return `${suffix.slice(0, SUFFIX_MAX - digest.length - 1)}-${digest}`;
}

function tooLarge(spec: ArtifactSpec, sizeBytes: number): JobFailure {
  return new JobFailure({
    code: 'build_error',
    message: `The artifact of ${spec.paths.join(', ')} has ${inWords(sizeBytes)}; 2 GiB are allowed.`,
    hint: 'Select fewer files in paths, or split it into several artifacts.',
    step: 'pack',
  });
}

/** As many at a time as keep a line busy: one upload waits for answers, three rarely do. */
const PARALLEL_UPLOADS = 3;
/** About 15 seconds of waits in all, each try with a URL of its own. */
const UPLOAD_ATTEMPTS = 7;

/** @returns the artifacts' ids, in the order given */
export async function uploadArtifacts(
  api: JobApi,
  artifacts: readonly PackedArtifact[],
  signal: AbortSignal,
): Promise<string[]> {
  const ids: string[] = new Array(artifacts.length).fill('');
  const queue = artifacts.entries();
  const worker = async () => {
    for (const [index, artifact] of queue) ids[index] = await uploadOne(api, artifact, signal);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_UPLOADS, artifacts.length) }, worker));
  return ids;
}

async function uploadOne(api: JobApi, artifact: PackedArtifact, signal: AbortSignal): Promise<string> {
  const { file, ...announced } = artifact;
  // A 403 is worth another try too: the URL may have expired while a large file before it was sent.
  const helps = (error: unknown) =>
    isTransient(error) || (error instanceof TransferError && error.status === 403);
  return retry(
    async () => {
      const answer = await api.announce(announced, signal);
      if (answer.upload !== null) await upload(answer.upload, file, artifact.size_bytes, signal);
      return answer.artifact_id;
    },
    { attempts: UPLOAD_ATTEMPTS, signal, helps },
  );
}

export function inWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
