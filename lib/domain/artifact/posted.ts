/** Small artifacts, whose bytes are posted to the API itself. */
import { createHash } from 'node:crypto';
import type { Actor } from '../access/actor.ts';
import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { BlobKeys } from '../storage/keys.ts';
import { hexOf } from '../values.ts';
import { get } from './index.ts';
import { type Artifact, isStored } from './schema.ts';
import { assertDeclared, assertUpload, markStored, notWaiting, presign } from './upload.ts';
import { RAW_UPLOAD_MAX_BYTES } from './upload-schema.ts';

/**
 * Takes the bytes from the body of a request: the digest is computed here, and the artifact is stored at once.
 * @throws StaitheError not_found | wrong_state | validation_failed | body_too_large (with an upload to storage) |
 *   artifact_mismatch
 */
export async function receive(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  actor: Actor,
  id: string,
  bytes: Uint8Array,
): Promise<Artifact> {
  const artifact = assertUpload(await get(ports, actor, id));
  if (bytes.length === 0) throw refuse('body', 'has no bytes', 'Send the bytes of the file as the body.');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (isStored(artifact) && hexOf(artifact.digest) === sha256) return artifact; // the repeat of a request
  if (artifact.status !== 'pending') throw notWaiting(artifact);
  if (bytes.length > RAW_UPLOAD_MAX_BYTES) throw await tooLarge(ports.blobs, artifact, bytes.length, sha256);
  assertDeclared(artifact, { sha256, sizeBytes: bytes.length });
  const { project_id: projectId, content_type: contentType } = artifact;
  await ports.blobs.storeBytes({ key: BlobKeys.artifact(projectId, sha256), bytes, sha256, contentType });
  const marked = await markStored(ports, artifact.id, { sha256, sizeBytes: bytes.length });
  if (marked === undefined || marked.digest !== `sha256:${sha256}`) throw notWaiting(marked ?? artifact);
  return marked;
}

const refuse = (field: string, message: string, remedy: string) =>
  new StaitheError('validation_failed', `${field}: ${message}`, { remedy, fields: [{ field, message }] });

/** The URL is bound to the very bytes that came. */
async function tooLarge(
  blobs: Ports['blobs'],
  artifact: Artifact,
  sizeBytes: number,
  sha256: string,
): Promise<StaitheError> {
  return new StaitheError(
    'body_too_large',
    `The body has ${sizeBytes} bytes; ${RAW_UPLOAD_MAX_BYTES} may be posted here.`,
    {
      remedy: 'PUT the same bytes to upload.url with the headers in upload.headers.',
      extensions: { upload: await presign(blobs, artifact, { sha256, sizeBytes }) },
    },
  );
}
