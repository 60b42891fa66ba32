/** GetObject and HeadObject. */
import type { HttpResponse } from '../service.ts';
import { checksumHeaders } from './checksum.ts';
import { deleteMarkerError, s3Error } from './errors.ts';
import { objectHeaders } from './metadata.ts';
import { authorizeObject, existingTags, missingKey } from './permissions.ts';
import { notModified } from './preconditions.ts';
import { type ByteRange, parseRange } from './range.ts';
import type { ObjectVersion } from './schema.ts';
import type { BucketRequest, S3State } from './state.ts';

export async function getObject(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const { target, headers, query } = request;
  refuseAnonymousOverrides(request);
  if (target.assets) return getAsset(state, request);
  const object = readable(state, request, 'GetObject');
  const common = objectHeaders(object, query);
  if (notModified(headers, object)) return { status: 304, headers: common };
  const part = query.get('partNumber');
  const range = part === undefined ? parseRange(headers.range, object.size) : partRange(object, part);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const response: Record<string, string> = { ...common, 'content-length': String(end - start + 1) };
  if (range !== undefined) response['content-range'] = `bytes ${start}-${end}/${object.size}`;
  if (part !== undefined && object.multipart) response['x-amz-mp-parts-count'] = String(object.pieces.length);
  // The checksum is one of the whole object, so a range goes without.
  if (headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED' && range === undefined) {
    Object.assign(response, checksumHeaders(object.checksum));
  }
  const status = range === undefined ? 200 : 206;
  if (request.method === 'HEAD') return { status, headers: response };
  return { status, headers: response, body: state.blobs.read(object.pieces, start, end) };
}

/**
 * The version that the request names, once the caller may read it.
 * @throws AccessDenied, NoSuchKey, NoSuchVersion, and for a delete marker NoSuchKey or MethodNotAllowed
 */
export function readable(
  state: S3State,
  request: BucketRequest,
  action:
    | 'GetObject'
    | 'GetObjectTagging'
    | 'PutObjectTagging'
    | 'DeleteObjectTagging'
    | 'GetObjectAttributes',
): ObjectVersion {
  const { target, key, query } = request;
  const versionId = query.get('versionId');
  const object =
    versionId === undefined
      ? state.objects.latest(target.name, key)
      : state.objects.version(target.name, key, versionId);
  const named = versionId === undefined ? action : action.replace('Object', 'ObjectVersion');
  authorizeObject(state, request, named, { values: object === undefined ? {} : existingTags(object) });
  if (object === undefined) {
    const missing = missingKey(state, request);
    throw missing.code === 'NoSuchKey' && versionId !== undefined
      ? s3Error('NoSuchVersion', undefined, { Key: key, VersionId: versionId })
      : missing;
  }
  if (!object.marker) return object;
  throw deleteMarkerError(
    versionId === undefined ? missingKey(state, request) : s3Error('MethodNotAllowed'),
    object,
  );
}

/** `partNumber` reads one part of an object put in parts; an object put at once is its own part 1. */
function partRange(object: ObjectVersion, text: string): ByteRange | undefined {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw s3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
      ArgumentName: 'partNumber',
      ArgumentValue: text,
    });
  }
  let start = 0;
  for (const [index, piece] of object.pieces.entries()) {
    if ((piece.number ?? index + 1) === number) {
      return piece.size === 0 ? undefined : { start, end: start + piece.size - 1 };
    }
    start += piece.size;
  }
  throw s3Error('InvalidPartNumber', undefined, {
    ActualPartCount: String(object.pieces.length),
    PartNumberRequested: text,
  });
}

function refuseAnonymousOverrides({ call, query }: BucketRequest): void {
  if (call.principal.kind !== 'anonymous') return;
  if ([...query.keys()].some((name) => name.startsWith('response-'))) {
    throw s3Error(
      'InvalidRequest',
      'Request specific response headers cannot be used for anonymous GET requests.',
    );
  }
}

/** An object of CDK's bootstrap bucket: a file asset of the synthesized app. */
async function getAsset(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  authorizeObject(state, request, 'GetObject');
  const asset = await state.assets.find(request.target.name, request.key);
  if (asset === undefined) throw missingKey(state, request);
  const object = { ...asset, encryption: request.target.encryption };
  const headers = objectHeaders(object, request.query);
  if (notModified(request.headers, object)) return { status: 304, headers };
  const range = parseRange(request.headers.range, object.size);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  headers['content-length'] = String(end - start + 1);
  if (range !== undefined) headers['content-range'] = `bytes ${start}-${end}/${object.size}`;
  const status = range === undefined ? 200 : 206;
  if (request.method === 'HEAD' || object.size === 0) return { status, headers };
  return { status, headers, body: state.assets.read(asset, start, end) };
}
