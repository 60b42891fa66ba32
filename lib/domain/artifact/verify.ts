/**
 * An upload has arrived where uploads wait. It gets to its content address only once its digest is known to be right,
 * so nothing that was not verified can ever be read there.
 */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { StaitheError } from '../error.ts';
import type { BlobInfo } from '../ports/blobs.ts';
import type { Ports } from '../ports/index.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { type ArtifactRecord, artifacts } from './record.ts';
import type { Artifact } from './schema.ts';
import { assertDeclared, markStored } from './upload.ts';
import { UPLOAD_MAX_BYTES } from './upload-schema.ts';

type VerifyPorts = Pick<Ports, 'table' | 'blobs' | 'clock'>;

/**
 * Verifies the bytes and puts them in place. Late, doubled and repeated calls change nothing.
 * Storage's own SHA-256 counts where it has one of the whole; else the bytes are read once. What is read is the very
 * version that is copied: whoever still has the presigned URL could write others in between.
 * @returns the artifact as it is now; undefined when there is none any more
 */
export async function verifyUpload(
  ports: VerifyPorts,
  projectId: string,
  id: string,
): Promise<Artifact | undefined> {
  const key = BlobKeys.staging(projectId, id);
  const artifact = (await artifacts.get(ports.table, Keys.artifact(id)))?.value;
  const waiting = artifact?.status === 'pending' || artifact?.status === 'verifying';
  if (artifact === undefined || artifact.project_id !== projectId || !waiting) {
    await ports.blobs.remove(key);
    return artifact;
  }
  const blob = await ports.blobs.head(key);
  if (blob === undefined) return artifact;
  const verified = await verifyAndStore(ports, artifact, key, blob);
  await ports.blobs.remove(key);
  return verified;
}

async function verifyAndStore(
  ports: VerifyPorts,
  artifact: ArtifactRecord,
  key: string,
  blob: BlobInfo,
): Promise<Artifact | undefined> {
  const sizeBytes = blob.size_bytes;
  if (sizeBytes > UPLOAD_MAX_BYTES)
    return reject(
      ports,
      artifact.id,
      'upload_too_large',
      `It has ${sizeBytes} bytes; the maximum is ${UPLOAD_MAX_BYTES}.`,
    );
  const found = { sha256: blob.sha256 ?? (await sha256Of(ports.blobs, key, blob)), sizeBytes };
  try {
    assertDeclared(artifact, found);
  } catch (error) {
    if (!(error instanceof StaitheError)) throw error;
    return reject(ports, artifact.id, error.code, error.message);
  }
  const to = BlobKeys.artifact(artifact.project_id, found.sha256);
  await ports.blobs.copy({ from: key, version: blob.version, to, contentType: artifact.content_type });
  return markStored(ports, artifact.id, found);
}

async function sha256Of(blobs: Ports['blobs'], key: string, blob: BlobInfo): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(await blobs.read(key, blob.version), hash);
  return hash.digest('hex');
}

async function reject(
  ports: VerifyPorts,
  id: string,
  code: string,
  message: string,
): Promise<Artifact | undefined> {
  const marked = await artifacts.update(ports.table, Keys.artifact(id), (value) =>
    value.status === 'stored' || value.status === 'rejected'
      ? undefined
      : { ...value, status: 'rejected', error: { code, message }, multipart: undefined },
  );
  return marked?.value;
}
