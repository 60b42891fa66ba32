/** Artifacts: announced by a job, confirmed against storage, found, downloaded. */

import { createHash } from 'node:crypto';
import type { Actor } from '../access/actor.ts';
import { readVisible } from '../access/visible.ts';
import { notFound, StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { CreateJobUpload, Job, JobUpload } from '../job/schema.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import type { Project } from '../project/schema.ts';
import { UPLOAD_EXPIRES_SECONDS } from '../source/schema.ts';
import { collection, type Listed, type Paging } from '../storage/collection.ts';
import { BlobKeys, Keys, Partitions } from '../storage/keys.ts';
import { hexOf } from '../values.ts';
import { Artifact } from './schema.ts';

/** A download link is used at once; 5 minutes forgive a slow start. */
const DOWNLOAD_EXPIRES_SECONDS = 5 * 60;
/** What was announced and never arrived vanishes after a week: longer than any job may run. */
const PENDING_TTL_SECONDS = 7 * 24 * 3600;

export const artifacts = collection({
  kind: 'artifact',
  schema: Artifact,
  key: (artifact) => Keys.artifact(artifact.id),
  // Only what is stored is on a list.
  index: (artifact) =>
    artifact.status === 'stored'
      ? { gsi1pk: Partitions.artifacts(artifact.project_id), gsi1sk: artifact.id }
      : undefined,
  ttl: (artifact) =>
    artifact.status === 'pending'
      ? Math.floor(Date.parse(artifact.created_at) / 1000) + PENDING_TTL_SECONDS
      : undefined,
});

const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The id of a job's artifact follows from the job, the name and the digest, so that an agent's repeated announcement
 * needs no look-up: the time of the job's ULID, and 80 bits of a hash where a ULID has randomness.
 */
function idOf(job: Job, name: string, sha256: string): string {
  const time = job.id.slice('job_'.length, 'job_'.length + 10);
  const hash = createHash('sha256').update(`${job.id}\n${name}\n${sha256}`).digest();
  return idFrom('artifact', time + Array.from(hash.subarray(0, 16), (byte) => BASE32[byte % 32]).join(''));
}

/** Records what a job is about to upload. Bytes that the project has already need no upload. */
export async function announce(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  job: Job,
  input: CreateJobUpload,
): Promise<JobUpload> {
  const key = BlobKeys.artifact(job.project_id, input.sha256);
  const blob = await ports.blobs.head(key);
  const present = blob !== undefined && blob.sha256 === input.sha256 && blob.size_bytes === input.size_bytes;
  const artifact: Artifact = {
    id: idOf(job, input.name, input.sha256),
    project_id: job.project_id,
    build_id: job.build_id,
    run_id: job.run_id,
    job_id: job.id,
    service: job.service,
    name: input.name,
    kind: 'file',
    content_type: input.content_type,
    size_bytes: input.size_bytes,
    digest: `sha256:${input.sha256}`,
    status: 'pending',
    created_at: ports.clock.now().toISOString(),
  };
  await artifacts.create(ports.table, artifact).catch((error: unknown) => {
    if (!(error instanceof ConditionFailed)) throw error; // announced before, or by a repeat at the same moment
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
  return { artifact_id: artifact.id, digest: artifact.digest, upload };
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
  const artifact = stored.value;
  if (artifact.status === 'stored') return;
  const blob = await ports.blobs.head(BlobKeys.artifact(artifact.project_id, hexOf(artifact.digest)));
  if (blob === undefined || blob.sha256 !== hexOf(artifact.digest) || blob.size_bytes !== artifact.size_bytes)
    throw new StaitheError(
      'artifact_not_stored',
      `Storage does not hold the ${artifact.size_bytes} bytes of ${artifact.name} (${artifact.digest}).`,
    );
  await artifacts.update(ports.table, Keys.artifact(id), (value) =>
    value.status === 'stored'
      ? undefined
      : { ...value, status: 'stored', stored_at: ports.clock.now().toISOString() },
  );
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Artifact> {
  return readVisible(ports.table, artifacts, Keys.artifact, actor, id);
}

export async function list(
  ports: Pick<Ports, 'table'>,
  project: Project,
  paging: Paging,
): Promise<Listed<Artifact>> {
  return artifacts.list(ports.table, Partitions.artifacts(project.id), paging);
}

/** By ids, in their order of service and name. */
export async function byIds(ports: Pick<Ports, 'table'>, ids: readonly string[]): Promise<Artifact[]> {
  const found = await artifacts.getMany(ports.table, ids.map(Keys.artifact));
  const order = (artifact: Artifact) => `${artifact.service}\n${artifact.name}`;
  return found.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** A link to the bytes. @throws StaitheError not_found | artifact_not_stored */
export async function download(
  ports: Pick<Ports, 'table' | 'blobs'>,
  actor: Actor,
  id: string,
): Promise<{ url: string; digest: string }> {
  const artifact = await get(ports, actor, id);
  if (artifact.status !== 'stored')
    throw new StaitheError('artifact_not_stored', `The bytes of artifact ${id} have not arrived.`);
  const url = await ports.blobs.presignDownload({
    key: BlobKeys.artifact(artifact.project_id, hexOf(artifact.digest)),
    fileName: artifact.name,
    expiresSeconds: DOWNLOAD_EXPIRES_SECONDS,
  });
  return { url, digest: artifact.digest };
}
