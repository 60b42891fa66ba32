/** Large uploads in parts: begun or gone on with, signed part by part, completed. What arrived survives a broken upload. */
import type { Actor } from '../access/actor.ts';
import { StaitheError } from '../error.ts';
import type { StoredPart } from '../ports/blobs.ts';
import type { Ports } from '../ports/index.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { UPLOAD_EXPIRES_SECONDS } from '../upload.ts';
import { type ArtifactRecord, artifacts } from './record.ts';
import type { Artifact } from './schema.ts';
import { assertUpload, notWaiting } from './upload.ts';
import { type MultipartUpload, PART_BYTES, type SignedParts, type SignParts } from './upload-schema.ts';
import { verifyUpload } from './verify.ts';

type UploadPorts = Pick<Ports, 'table' | 'blobs' | 'clock'>;

/** How many missing parts an error names. */
const PARTS_NAMED = 10;

/**
 * 256 MiB: storage copies them within a few seconds, which a request may take. Larger ones are put in place by the
 * function that hears of their arrival.
 */
const INLINE_VERIFY_MAX_BYTES = 256 * 1024 ** 2;

const load = async (ports: UploadPorts, actor: Actor, id: string): Promise<ArtifactRecord> =>
  assertUpload(await readVisible(ports.table, artifacts, Keys.artifact, actor, id));

const uploadOf = (artifact: ArtifactRecord) =>
  artifact.multipart && {
    key: BlobKeys.staging(artifact.project_id, artifact.id),
    uploadId: artifact.multipart.upload_id,
  };

/** The size that part `number` has, of those that the file is cut into. */
function partSize(sizeBytes: number, partBytes: number, number: number): number {
  return Math.max(0, Math.min(partBytes, sizeBytes - (number - 1) * partBytes));
}

/**
 * Begins the upload, or finds the one that was begun.
 * @returns how the file is cut, and which parts are here
 * @throws StaitheError not_found | wrong_state
 */
export async function begin(ports: UploadPorts, actor: Actor, id: string): Promise<MultipartUpload> {
  const artifact = await load(ports, actor, id);
  if (artifact.status !== 'pending') throw notWaiting(artifact);
  sizeOf(artifact);
  const parts = await partsOf(ports, artifact);
  if (parts !== undefined) return viewOf(artifact, parts);
  const key = BlobKeys.staging(artifact.project_id, id);
  const uploadId = await ports.blobs.startMultipart({ key, contentType: artifact.content_type });
  const before = artifact.multipart?.upload_id;
  const stored = await artifacts.update(ports.table, Keys.artifact(id), (value) =>
    value.multipart?.upload_id === before && value.status === 'pending'
      ? { ...value, multipart: { upload_id: uploadId, part_size_bytes: PART_BYTES } }
      : undefined,
  );
  // Somebody was faster: theirs counts, and this one is nobody's.
  if (stored?.value.multipart?.upload_id !== uploadId) await ports.blobs.abortMultipart({ key, uploadId });
  return find(ports, actor, id);
}

/** @throws StaitheError wrong_state when its size was not said */
function sizeOf(artifact: ArtifactRecord): number {
  if (artifact.size_bytes !== undefined && artifact.size_bytes > 0) return artifact.size_bytes;
  throw new StaitheError(
    'wrong_state',
    `Artifact ${artifact.id} was created without a digest and size, so it has no multipart upload.`,
    { remedy: 'Create the artifact with its sha256 and size_bytes.' },
  );
}

async function partsOf(ports: UploadPorts, artifact: ArtifactRecord): Promise<StoredPart[] | undefined> {
  const upload = uploadOf(artifact);
  return upload && ports.blobs.parts(upload);
}

function viewOf(artifact: ArtifactRecord, parts: readonly StoredPart[]): MultipartUpload {
  const partBytes = artifact.multipart?.part_size_bytes ?? PART_BYTES;
  return {
    part_size_bytes: partBytes,
    part_count: Math.ceil(sizeOf(artifact) / partBytes),
    parts: parts.map(({ number, size_bytes, sha256 }) => ({ number, size_bytes, sha256 })),
  };
}

/** The upload that was begun. @throws StaitheError not_found | wrong_state */
export async function find(ports: UploadPorts, actor: Actor, id: string): Promise<MultipartUpload> {
  const artifact = await load(ports, actor, id);
  const parts = await partsOf(ports, artifact);
  if (parts !== undefined) return viewOf(artifact, parts);
  throw new StaitheError('wrong_state', `Artifact ${id} is ${artifact.status} and has no multipart upload.`, {
    remedy: `Start one with POST /v1/artifacts/${id}/multipart.`,
  });
}

/** PUTs of single parts, each bound to the digest and the length of its part. @throws StaitheError not_found | wrong_state | validation_failed */
export async function sign(
  ports: UploadPorts,
  actor: Actor,
  id: string,
  { parts }: SignParts,
): Promise<SignedParts> {
  const artifact = await load(ports, actor, id);
  const upload = uploadOf(artifact);
  if (artifact.status !== 'pending') throw notWaiting(artifact);
  if (upload === undefined || artifact.multipart === undefined)
    throw new StaitheError('wrong_state', `Artifact ${id} has no multipart upload.`, {
      remedy: `Start one with POST /v1/artifacts/${id}/multipart.`,
    });
  const { part_size_bytes: partBytes } = artifact.multipart;
  const size = sizeOf(artifact);
  const count = Math.ceil(size / partBytes);
  const fields = parts.flatMap(({ number }, at) =>
    number > count ? [{ field: `parts.${at}.number`, message: `must be 1 to ${count}` }] : [],
  );
  if (fields.length > 0)
    throw new StaitheError('validation_failed', `The file has ${count} parts.`, { fields });
  const signed = parts.map(async ({ number, sha256 }) => ({
    number,
    upload: await ports.blobs.presignPart({
      ...upload,
      number,
      sha256,
      sizeBytes: partSize(size, partBytes, number),
      expiresSeconds: UPLOAD_EXPIRES_SECONDS,
    }),
  }));
  return { parts: await Promise.all(signed) };
}

/**
 * All bytes were sent. Parts become one; then it is verified: at once where storage knows the digest of the whole, else
 * by the function that hears of the arrival, and the artifact is `verifying` until then. May be repeated.
 * @throws StaitheError not_found | wrong_state | artifact_not_stored
 */
export async function complete(ports: UploadPorts, actor: Actor, id: string): Promise<Artifact> {
  const artifact = await load(ports, actor, id);
  if (artifact.status !== 'pending') return artifact;
  const parts = await partsOf(ports, artifact);
  if (parts !== undefined && parts.length > 0) await join(ports, artifact, parts);
  const blob = await ports.blobs.head(BlobKeys.staging(artifact.project_id, id));
  if (blob === undefined) {
    // The function that hears of arrivals may have been faster.
    const now = await load(ports, actor, id);
    if (now.status !== 'pending') return now;
    throw new StaitheError('artifact_not_stored', `The bytes of artifact ${id} have not arrived.`, {
      remedy: 'Upload them, then complete the upload.',
    });
  }
  if (blob.sha256 !== undefined && blob.size_bytes <= INLINE_VERIFY_MAX_BYTES)
    return (await verifyUpload(ports, artifact.project_id, id)) ?? artifact;
  const marked = await artifacts.update(ports.table, Keys.artifact(id), (value) =>
    value.status === 'pending' ? { ...value, status: 'verifying' } : undefined,
  );
  return marked?.value ?? artifact;
}

/** @throws StaitheError artifact_not_stored, naming the parts that are missing */
async function join(
  ports: UploadPorts,
  artifact: ArtifactRecord,
  parts: readonly StoredPart[],
): Promise<void> {
  const upload = uploadOf(artifact);
  if (upload === undefined || artifact.multipart === undefined) return;
  const { part_size_bytes: partBytes } = artifact.multipart;
  const size = sizeOf(artifact);
  const here = new Map(parts.map((part) => [part.number, part]));
  const missing = Array.from({ length: Math.ceil(size / partBytes) }, (_, at) => at + 1).filter(
    (number) => here.get(number)?.size_bytes !== partSize(size, partBytes, number),
  );
  if (missing.length > 0)
    throw new StaitheError(
      'artifact_not_stored',
      `${missing.length} parts have not arrived: ${missing.slice(0, PARTS_NAMED).join(', ')}${missing.length > PARTS_NAMED ? ', …' : ''}.`,
      { remedy: 'Upload them, then complete the upload.' },
    );
  // False when somebody else completed it a moment ago; the object is there then.
  await ports.blobs.completeMultipart({ ...upload, parts });
}
