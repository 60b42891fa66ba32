/** Reading layers: whole, in ranges, or only asking whether they are there. */

import { parseRange } from '../../s3/range.ts';
import { AwsError, type HttpResponse } from '../../service.ts';
import { DIGEST } from '../manifest.ts';
import type { Blob } from '../schema.ts';
import { authorized, type EcrState } from '../state.ts';
import { RegistryFailure } from './answer.ts';
import type { RegistryRequest } from './request.ts';

/** @throws RegistryFailure `BLOB_UNKNOWN`, `DIGEST_INVALID` */
export function blob(
  state: EcrState,
  { method, headers, call }: RegistryRequest,
  { name, digest }: { name: string; digest: string },
): HttpResponse {
  if (method !== 'GET' && method !== 'HEAD')
    throw new RegistryFailure('UNSUPPORTED', 'ECR removes layers itself when no image needs them', 405);
  const action = method === 'HEAD' ? 'BatchCheckLayerAvailability' : 'GetDownloadUrlForLayer';
  const { name: repository } = authorized(state, call, action, name);
  return layerAnswer(state, repository, digest, method, headers.range);
}

/** A layer by a link of GetDownloadUrlForLayer, which carries its permission. */
export function download(state: EcrState, method: string, ticket: string, range?: string): HttpResponse {
  const found = state.tokens.download(ticket);
  if (found === undefined) throw new RegistryFailure('DENIED', 'The link has expired or is none', 403);
  return layerAnswer(state, found.repository, found.digest, method, range);
}

function layerAnswer(
  state: EcrState,
  repository: string,
  digest: string,
  method: string,
  rangeHeader: string | undefined,
): HttpResponse {
  if (!DIGEST.test(digest)) throw new RegistryFailure('DIGEST_INVALID', `${digest} is no sha256 digest`, 400);
  const layer = state.layers.find(repository, digest);
  if (layer === undefined)
    throw new RegistryFailure('BLOB_UNKNOWN', `The layer ${digest} is not in ${repository}`, 404);
  const common = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
  };
  const range = rangeOf(rangeHeader, layer);
  const { start, end } = range ?? { start: 0, end: layer.size - 1 };
  const sized = {
    ...common,
    'content-length': String(end - start + 1),
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${layer.size}` }),
  };
  const status = range === undefined ? 200 : 206;
  return method === 'HEAD'
    ? { status, headers: sized }
    : { status, headers: sized, body: state.layers.read(layer, start, end) };
}

function rangeOf(header: string | undefined, layer: Blob) {
  try {
    return parseRange(header, layer.size);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new RegistryFailure('RANGE_INVALID', error.message, 416, {
      'content-range': `bytes */${layer.size}`,
    });
  }
}
