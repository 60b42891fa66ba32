/** PutImage, as the API and as the registry's `PUT /manifests` do it. */
import { createHash } from 'node:crypto';
import { AwsError } from '../service.ts';
import { tagExists } from './errors.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { isMovable } from './mutability.ts';
import { type Image, mutabilityOf, type Repository } from './schema.ts';
import type { EcrState } from './state.ts';

export interface PutImageRequest {
  readonly bytes: Buffer;
  readonly mediaType: string | undefined;
  readonly tag: string | undefined;
  /** The digest that the client expects. */
  readonly digest: string | undefined;
}

export interface PutImageResult {
  readonly image: Image;
  /** Whether image and tag were there already, just so. */
  readonly repeated: boolean;
}

/**
 * @throws AwsError `ImageDigestDoesNotMatchException`, `LayersNotFoundException`, `ReferencedImagesNotFoundException`,
 * `ImageTagAlreadyExistsException`; ManifestInvalid
 */
export function putImage(
  { repositories, layers, cloud }: EcrState,
  repository: Repository,
  { bytes, mediaType, tag, digest }: PutImageRequest,
): PutImageResult {
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (digest !== undefined && digest !== actual) {
    throw new AwsError(
      'ImageDigestDoesNotMatchException',
      `Provided digest '${digest}' does not match calculated digest '${actual}'`,
    );
  }
  const manifest = parseManifest(bytes, mediaType);
  const missing = manifest.layers.filter((one) => layers.find(repository.name, one.digest) === undefined);
  if (missing.length > 0) {
    throw new AwsError(
      'LayersNotFoundException',
      `Layers with digests '[${missing.map((one) => one.digest).join(', ')}]' required for pushing image into repository with name '${repository.name}' in the registry with id '${cloud.accountId}' do not exist`,
    );
  }
  const children = manifest.images.map((child) => repositories.image(repository.name, child));
  if (children.includes(undefined)) {
    const absent = manifest.images.filter((_, index) => children[index] === undefined);
    throw new AwsError(
      'ReferencedImagesNotFoundException',
      `Images with digests '[${absent.join(', ')}]' required for pushing image into repository with name '${repository.name}' in the registry with id '${cloud.accountId}' do not exist`,
    );
  }
  const present = tag === undefined ? undefined : repositories.tagged(repository.name, tag);
  if (
    tag !== undefined &&
    present !== undefined &&
    present !== actual &&
    !isMovable(tag, mutabilityOf(repository))
  )
    throw tagExists(tag, repository.name);
  const known = repositories.image(repository.name, actual);
  const image = known ?? {
    repository: repository.name,
    digest: actual,
    media_type: manifest.mediaType,
    artifact_type: manifest.artifactType ?? null,
    manifest: bytes,
    size: sizeOf(manifest, children),
    subject: manifest.subject ?? null,
    pushed: cloud.now(),
  };
  repositories.putImage(image, tag);
  return { image, repeated: known !== undefined && (tag === undefined || present === actual) };
}

/** "If the image is a manifest list, this will be the max size of all manifests in the list" (ImageDetail). */
function sizeOf(manifest: Manifest, children: readonly (Image | undefined)[]): number {
  const own = manifest.layers.reduce((sum, { size }) => sum + size, 0);
  return Math.max(own, ...children.map((child) => child?.size ?? 0));
}
