/** A manifest as a registry gives it: its bytes are its identity. */
import { createHash } from 'node:crypto';
import * as z from 'zod';

/** All that an image may be: one manifest or an index of several, in OCI's words or Docker's. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

export interface Manifest {
  /** Of the bytes, computed here. */
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export function manifestOf(bytes: Buffer, mediaType: string): Manifest {
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, mediaType, bytes };
}

const Named = z.object({ digest: z.string() });
const Contents = z.object({ config: Named.optional(), manifests: z.array(Named).optional() });

/**
 * Whether the manifest is of the image that a builder calls `imageId`: the digest of its configuration, or with
 * Docker's containerd store the manifest's own.
 */
export function isOf(manifest: Manifest, imageId: string): boolean {
  if (manifest.digest === imageId) return true;
  try {
    const { config, manifests = [] } = Contents.parse(JSON.parse(manifest.bytes.toString('utf8')));
    return config?.digest === imageId || manifests.some(({ digest }) => digest === imageId);
  } catch {
    return false;
  }
}
