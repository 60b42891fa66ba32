/** Manifests by tag and digest. */
import { buffer } from 'node:stream/consumers';
import type { HttpResponse } from '../../service.ts';
import { imageNotFound } from '../errors.ts';
import { DIGEST, MANIFEST_LIMIT } from '../manifest.ts';
import { putImage } from '../put-image.ts';
import { TAG } from '../requests.ts';
import type { Image } from '../schema.ts';
import { authorized, type EcrState } from '../state.ts';
import { RegistryFailure } from './answer.ts';
import type { RegistryRequest } from './request.ts';

interface Place {
  readonly name: string;
  /** A tag or a digest. */
  readonly reference: string;
}

export async function manifest(
  state: EcrState,
  request: RegistryRequest,
  place: Place,
): Promise<HttpResponse> {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return read(state, request, place);
    case 'PUT':
      return put(state, request, place);
    default:
      throw new RegistryFailure('UNSUPPORTED', 'Images are deleted by ecr:BatchDeleteImage', 405);
  }
}

function read(state: EcrState, { method, call }: RegistryRequest, { name, reference }: Place): HttpResponse {
  authorized(state, call, 'BatchGetImage', name);
  const isDigest = DIGEST.test(reference);
  const digest = isDigest ? reference : state.repositories.tagged(name, reference);
  const image = digest === undefined ? undefined : state.repositories.image(name, digest);
  if (image === undefined) {
    const id = isDigest ? { imageDigest: reference } : { imageTag: reference };
    throw imageNotFound(id, name, state.cloud.accountId);
  }
  const headers = {
    'content-type': image.media_type,
    'content-length': String(image.manifest.length),
    'docker-content-digest': image.digest,
    etag: `"${image.digest}"`,
  };
  return method === 'HEAD' ? { status: 200, headers } : { status: 200, headers, body: image.manifest };
}

async function put(
  state: EcrState,
  { headers, body, call }: RegistryRequest,
  { name, reference }: Place,
): Promise<HttpResponse> {
  const repository = authorized(state, call, 'PutImage', name);
  const byDigest = reference.includes(':');
  if (byDigest && !DIGEST.test(reference))
    throw new RegistryFailure('DIGEST_INVALID', `${reference} is no sha256 digest`, 400);
  if (!byDigest && !TAG.test(reference))
    throw new RegistryFailure('TAG_INVALID', `'${reference}' is no tag`, 400);
  if (Number(headers['content-length'] ?? 0) > MANIFEST_LIMIT) throw tooLarge();
  const bytes = await buffer(body);
  if (bytes.length > MANIFEST_LIMIT) throw tooLarge();
  const { image } = putImage(state, repository, {
    bytes,
    mediaType: headers['content-type']?.split(';')[0]?.trim(),
    tag: byDigest ? undefined : reference,
    digest: byDigest ? reference : undefined,
  });
  return { status: 201, headers: stored(image) };
}

function stored({ repository, digest, subject }: Image): Record<string, string> {
  return {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(subject === null ? {} : { 'oci-subject': subject }),
  };
}

function tooLarge(): RegistryFailure {
  return new RegistryFailure('MANIFEST_INVALID', `A manifest may have ${MANIFEST_LIMIT} bytes`, 413);
}
