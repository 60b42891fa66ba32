/** What jobs produce: files are announced and confirmed against storage, images are recorded as the registry has them. */

import * as Artifact from '../artifact/index.ts';
import { artifacts } from '../artifact/record.ts';
import type { Artifact as ArtifactValue } from '../artifact/schema.ts';
import { notFound, StaitheError } from '../error.ts';
import { derivedId } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { UPLOAD_EXPIRES_SECONDS } from '../upload.ts';
import { hexOf } from '../values.ts';
import type { CreateJobUpload, Job, JobUpload } from './model/job.ts';
import { jobs } from './model/job-record.ts';
import type { Run } from './model/run.ts';

/**
 * The id of a job's artifact follows from the job, the name and the digest, so that an agent's repeated announcement
 * needs no look-up.
 */
const idOf = (job: Job, name: string, sha256: string): string => derivedId('artifact', job.id, name, sha256);

/** What every artifact of a job has. */
const madeBy = (job: Job) =>
  ({
    project_id: job.project_id,
    origin: 'build',
    build_id: job.build_id,
    run_id: job.run_id,
    job_id: job.id,
    service: job.service,
    matrix: job.matrix,
  }) as const;

/** Records it; a repeat finds it there and changes nothing. */
async function createOnce(table: Ports['table'], artifact: ArtifactValue): Promise<void> {
  await artifacts.create(table, artifact).catch((error: unknown) => {
    if (!(error instanceof ConditionFailed)) throw error; // announced before, or by a repeat at the same moment
  });
}

/** Records what a job is about to upload. Bytes that the project has already need no upload. */
export async function createForJob(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  job: Job,
  input: CreateJobUpload,
): Promise<JobUpload> {
  const key = BlobKeys.artifact(job.project_id, input.sha256);
  const blob = await ports.blobs.head(key);
  const present = blob !== undefined && blob.sha256 === input.sha256 && blob.size_bytes === input.size_bytes;
  const id = idOf(job, input.name, input.sha256);
  const digest = `sha256:${input.sha256}`;
  await createOnce(ports.table, {
    ...madeBy(job),
    id,
    name: input.name,
    kind: 'file',
    content_type: input.content_type,
    size_bytes: input.size_bytes,
    digest,
    status: 'pending',
    created_at: ports.clock.now().toISOString(),
  });
  const upload = present
    ? null
    : await ports.blobs.presignUpload({
        key,
        sha256: input.sha256,
        sizeBytes: input.size_bytes,
        contentType: input.content_type,
        expiresSeconds: UPLOAD_EXPIRES_SECONDS,
      });
  return { artifact_id: id, digest, upload };
}

/**
 * Believes nobody: the artifact counts when storage holds the bytes that were declared.
 * @throws StaitheError not_found | artifact_not_stored
 */
export async function confirm(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  job: Job,
  id: string,
): Promise<void> {
  const stored = await artifacts.get(ports.table, Keys.artifact(id));
  if (stored === undefined || stored.value.job_id !== job.id) throw notFound('artifact', id);
  const { project_id: projectId, name, digest, size_bytes: sizeBytes, status } = stored.value;
  if (status === 'stored') return;
  const blob =
    digest === undefined ? undefined : await ports.blobs.head(BlobKeys.artifact(projectId, hexOf(digest)));
  if (digest === undefined || blob?.sha256 !== hexOf(digest) || blob.size_bytes !== sizeBytes)
    throw new StaitheError(
      'artifact_not_stored',
      `Storage does not hold the ${sizeBytes} bytes of ${name} (${digest}).`,
    );
  await artifacts.update(ports.table, Keys.artifact(id), (value) =>
    value.status === 'stored'
      ? undefined
      : { ...value, status: 'stored', stored_at: ports.clock.now().toISOString() },
  );
}

/** A container image as the registry itself describes it, never as the builder says. */
export interface RecordedImage {
  /** `host/name` of the repository, without tag and digest. */
  readonly repository: string;
  readonly registry: 'native' | 'own';
  /** Of the manifest, or of the index of a multi-platform image. */
  readonly digest: string;
  /** The sum of its layers. */
  readonly sizeBytes: number;
  /** E.g. `linux/arm64`. */
  readonly platforms: readonly string[];
  readonly tags: readonly string[];
  readonly mediaType: string;
}

/** Records an image that a job pushed. It is stored at once: its bytes are the registry's. @returns the artifact's id */
export async function recordImage(
  ports: Pick<Ports, 'table' | 'clock'>,
  job: Job,
  image: RecordedImage,
): Promise<string> {
  const id = idOf(job, image.repository, hexOf(image.digest));
  const now = ports.clock.now().toISOString();
  await createOnce(ports.table, {
    ...madeBy(job),
    id,
    name: image.repository.slice(image.repository.lastIndexOf('/') + 1),
    kind: 'image',
    image: {
      ref: `${image.repository}@${image.digest}`,
      tags: [...image.tags],
      registry: image.registry,
      platforms: [...image.platforms],
      media_type: image.mediaType,
    },
    content_type: image.mediaType,
    size_bytes: image.sizeBytes,
    digest: image.digest,
    status: 'stored',
    created_at: now,
    stored_at: now,
  });
  return id;
}

/**
 * What a run has made. One that has not completed names no artifacts itself: what its completed jobs have left is there
 * all the same, and so is what it kept of an earlier run.
 */
export async function ofRun(ports: Pick<Ports, 'table'>, run: Run): Promise<ArtifactValue[]> {
  if (run.status === 'completed') return Artifact.byIds(ports, run.artifact_ids);
  const found = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  const made = found.filter(({ status }) => status === 'completed').flatMap((job) => job.artifact_ids);
  return Artifact.byIds(ports, [...run.kept_artifact_ids, ...made]);
}
