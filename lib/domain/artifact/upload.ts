/** Artifacts that users bring: announced, uploaded to storage, marked as stored. */
import { type Actor, nameOf } from '../access/actor.ts';
import { projectIdsOf } from '../access/authorize.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { createContent } from '../project/create-in.ts';
import * as Project from '../project/index.ts';
import type { Project as ProjectValue } from '../project/schema.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { type PresignedUpload, UPLOAD_EXPIRES_SECONDS } from '../upload.ts';
import { hexOf } from '../values.ts';
import { get } from './index.ts';
import { type ArtifactRecord, artifacts } from './record.ts';
import type { Artifact } from './schema.ts';
import { type ArtifactWithUpload, type CreateArtifact, PART_BYTES } from './upload-schema.ts';

/** The project that is meant: the one named, or the only one that the actor sees. @throws StaitheError validation_failed | not_found */
export async function projectOf(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  named: string | undefined,
): Promise<ProjectValue> {
  const ids = projectIdsOf(actor);
  const project = named ?? (ids !== 'all' && ids.length === 1 ? ids[0] : undefined);
  if (project !== undefined) return Project.resolve(ports, actor, project);
  throw new StaitheError(
    'validation_failed',
    'project: is missing, and the token is not bound to a project.',
    {
      remedy: 'Specify the project, or use a token that is bound to one.',
      fields: [{ field: 'project', message: 'is missing, and the token is not bound to a project' }],
    },
  );
}

/** Announces an artifact. Bytes that the project has already need no upload. @throws StaitheError not_found */
export async function create(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock' | 'randomness'>,
  actor: Actor,
  project: ProjectValue,
  input: CreateArtifact,
  seed?: string,
): Promise<ArtifactWithUpload> {
  const { sha256, size_bytes: sizeBytes } = input;
  const now = ports.clock.now();
  const known =
    sha256 === undefined ? undefined : await ports.blobs.head(BlobKeys.artifact(project.id, sha256));
  const present = known !== undefined && known.sha256 === sha256 && known.size_bytes === sizeBytes;
  const artifact: ArtifactRecord = {
    id: idFrom('artifact', seed ?? ports.randomness.ulid(now.getTime())),
    project_id: project.id,
    origin: 'upload',
    matrix: {},
    name: input.name,
    kind: 'file',
    content_type: input.content_type,
    size_bytes: sizeBytes,
    digest: sha256 === undefined ? undefined : `sha256:${sha256}`,
    status: present ? 'stored' : 'pending',
    created_at: now.toISOString(),
    stored_at: present ? now.toISOString() : undefined,
    created_by: nameOf(actor),
  };
  try {
    await createContent(ports, project, [artifacts.creation(artifact)]);
    return await withUpload(ports, artifact);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    return withUpload(ports, await get(ports, actor, artifact.id)); // the repeat of a request: a fresh URL
  }
}

async function withUpload(ports: Pick<Ports, 'blobs'>, artifact: Artifact): Promise<ArtifactWithUpload> {
  if (artifact.status !== 'pending') return { ...artifact, upload: null, multipart: null };
  const { size_bytes: sizeBytes } = artifact;
  const parts = sizeBytes === undefined ? 1 : Math.ceil(sizeBytes / PART_BYTES);
  return {
    ...artifact,
    upload: await presign(ports.blobs, artifact),
    multipart: parts > 1 ? { part_size_bytes: PART_BYTES, part_count: parts } : null,
  };
}

/**
 * A PUT of the whole to where uploads wait. When the digest is known it is bound to it, and storage refuses anything
 * else; when not, whatever arrives is read before it counts (`verifyUpload`).
 */
export function presign(
  blobs: Ports['blobs'],
  artifact: Artifact,
  bytes?: { sha256: string; sizeBytes: number },
): Promise<PresignedUpload> {
  return blobs.presignUpload({
    key: BlobKeys.staging(artifact.project_id, artifact.id),
    sha256: bytes?.sha256 ?? (artifact.digest && hexOf(artifact.digest)),
    sizeBytes: bytes?.sizeBytes ?? artifact.size_bytes,
    contentType: artifact.content_type,
    expiresSeconds: UPLOAD_EXPIRES_SECONDS,
  });
}

/** @throws StaitheError wrong_state when it is of a build or in the registry */
export function assertUpload<T extends Artifact>(artifact: T): T {
  if (artifact.origin === 'upload') return artifact;
  throw new StaitheError(
    'wrong_state',
    artifact.origin === 'build'
      ? `Artifact ${artifact.id} belongs to a build; only its job can upload it.`
      : `Artifact ${artifact.id} is an image in the registry; nothing is uploaded for it.`,
  );
}

export function notWaiting(artifact: Artifact): StaitheError {
  return new StaitheError(
    'wrong_state',
    `Artifact ${artifact.id} is ${artifact.status}; its content cannot be replaced.`,
    { remedy: 'Create another artifact.' },
  );
}

/** @throws StaitheError artifact_mismatch */
export function assertDeclared(artifact: Artifact, found: { sha256: string; sizeBytes: number }): void {
  const { digest = `sha256:${found.sha256}`, size_bytes: size = found.sizeBytes } = artifact;
  if (digest === `sha256:${found.sha256}` && size === found.sizeBytes) return;
  throw new StaitheError(
    'artifact_mismatch',
    `Artifact ${artifact.id} was announced with ${size} bytes and ${digest}; what came has ${found.sizeBytes} bytes and sha256:${found.sha256}.`,
  );
}

/** The artifact as it is now, which is stored unless something else was decided before. */
export async function markStored(
  ports: Pick<Ports, 'table' | 'clock'>,
  id: string,
  { sha256, sizeBytes }: { sha256: string; sizeBytes: number },
): Promise<Artifact | undefined> {
  const marked = await artifacts.update(ports.table, Keys.artifact(id), (value) =>
    value.status === 'stored' || value.status === 'rejected'
      ? undefined
      : {
          ...value,
          status: 'stored',
          digest: `sha256:${sha256}`,
          size_bytes: sizeBytes,
          stored_at: ports.clock.now().toISOString(),
          multipart: undefined,
        },
  );
  return marked?.value;
}
