import * as Artifact from '../../lib/domain/artifact/index.ts';
import * as Multipart from '../../lib/domain/artifact/multipart.ts';
import * as Posted from '../../lib/domain/artifact/posted.ts';
import * as Upload from '../../lib/domain/artifact/upload.ts';
import type { CreateArtifact } from '../../lib/domain/artifact/upload-schema.ts';
import { verifyUpload } from '../../lib/domain/artifact/verify.ts';
import { BlobKeys } from '../../lib/domain/storage/keys.ts';
import { ADMIN, sha256Of, world } from './world.ts';

export const BYTES = Buffer.from('the bytes of an artifact');

export async function uploading() {
  const place = await world();
  const { ports, project } = place;
  const create = (more: Partial<CreateArtifact> = {}, seed?: string) =>
    Upload.create(
      ports,
      ADMIN,
      project,
      { name: 'app.bin', content_type: 'application/octet-stream', ...more },
      seed,
    );
  type Sendable = Awaited<ReturnType<typeof create>>['upload'];
  return {
    place,
    create,
    declare: (bytes: Buffer, more: Partial<CreateArtifact> = {}) =>
      create({ sha256: sha256Of(bytes), size_bytes: bytes.length, ...more }),
    /** Sends bytes to storage. @returns its status, 0 when there is nowhere to send them */
    send: (upload: Sendable | undefined, bytes: Buffer): number =>
      upload ? ports.blobs.put(upload.url, upload.headers, bytes) : 0,
    receive: (id: string, bytes: Buffer = BYTES) => Posted.receive(ports, ADMIN, id, bytes),
    settled: (id: string) => verifyUpload(ports, project.id, id),
    complete: (id: string) => Multipart.complete(ports, ADMIN, id),
    get: (id: string) => Artifact.get(ports, ADMIN, id),
    addressOf: (bytes: Buffer) => BlobKeys.artifact(project.id, sha256Of(bytes)),
    stagingOf: (id: string) => BlobKeys.staging(project.id, id),
  };
}
