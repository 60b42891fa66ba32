/** CopyObject, and the source that UploadPartCopy shares with it. */
import type { HttpResponse } from '../service.ts';
import { type Checksum, checksumAlgorithm, checksumElement } from './checksum.ts';
import { s3Error } from './errors.ts';
import { created } from './events.ts';
import { encryptionFrom, keptHeaders, tagsFrom, versionHeader } from './metadata.ts';
import { authorizeObject, existingTags, missingKey, requestTags } from './permissions.ts';
import { notModified, writePrecondition } from './preconditions.ts';
import { causeOf } from './put-object.ts';
import { hashing, MAX_PUT } from './receive.ts';
import { decode } from './request.ts';
import type { ObjectMetadata, ObjectPiece, ObjectVersion } from './schema.ts';
import type { BucketRequest, S3State } from './state.ts';
import { xmlDocument } from './xml.ts';

export async function copyObject(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const { target, key, headers } = request;
  const source = copySource(state, request);
  const metadata = copiedMetadata(request, source);
  authorizeObject(state, request, 'PutObject', { values: requestTags(metadata.tags) });
  if (Object.keys(metadata.tags).length > 0) {
    authorizeObject(state, request, 'PutObjectTagging', { values: requestTags(metadata.tags) });
  }
  if (source.size > MAX_PUT) {
    throw s3Error(
      'InvalidRequest',
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT}`,
    );
  }
  const check = writePrecondition(headers);
  const copy = await copyBytes(state, source, headers['x-amz-checksum-algorithm']);
  try {
    const { version, files } = state.objects.put(
      { ...metadata, bucket: target.name, key, size: source.size, multipart: false, ...copy },
      target.versioning,
      (object) => created(state, object, 'CopyObject', causeOf(state, request)),
      check,
    );
    state.blobs.remove(files);
    const fromVersion = versionHeader(source)['x-amz-version-id'];
    return {
      status: 200,
      headers: {
        'content-type': 'application/xml',
        ...version.encryption,
        ...versionHeader(version),
        ...(fromVersion === undefined ? {} : { 'x-amz-copy-source-version-id': fromVersion }),
      },
      body: xmlDocument('CopyObjectResult', {
        LastModified: new Date(version.modified).toISOString(),
        ETag: `"${version.etag}"`,
        ...checksumElement(version.checksum),
        ChecksumType: version.checksum?.type,
      }),
    };
  } catch (error) {
    state.blobs.remove(copy.pieces.map(({ file }) => file));
    throw error;
  }
}

/**
 * The object that `x-amz-copy-source` names, once the caller may read it.
 * @throws InvalidArgument, NoSuchBucket, NoSuchKey, AccessDenied, PreconditionFailed
 */
export function copySource(state: S3State, request: BucketRequest): ObjectVersion {
  const header = request.headers['x-amz-copy-source'] ?? '';
  const match = /^\/?(?<bucket>[^/?]+)\/(?<key>[^?]+)(?:\?versionId=(?<version>.+))?$/s.exec(header);
  const { bucket = '', key = '', version } = match?.groups ?? {};
  if (match === null) {
    throw s3Error(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      {
        ArgumentName: 'x-amz-copy-source',
        ArgumentValue: header,
      },
    );
  }
  const target = state.buckets.find(decode(bucket));
  if (target === undefined) throw s3Error('NoSuchBucket', undefined, { BucketName: bucket });
  const from: BucketRequest = { ...request, target, key: decode(key) };
  const object =
    version === undefined
      ? state.objects.latest(target.name, from.key)
      : state.objects.version(target.name, from.key, version);
  authorizeObject(state, from, version === undefined ? 'GetObject' : 'GetObjectVersion', {
    values: object === undefined ? {} : existingTags(object),
  });
  if (object === undefined || (object.marker && version === undefined)) throw missingKey(state, from);
  if (object.marker)
    throw s3Error(
      'InvalidRequest',
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  // For the source of a copy, a read that would answer 304 is a failed precondition, too.
  if (notModified(request.headers, object, 'x-amz-copy-source-')) throw s3Error('PreconditionFailed');
  return object;
}

function copiedMetadata(request: BucketRequest, source: ObjectVersion): ObjectMetadata {
  const { target, key, headers } = request;
  const replace = directive(headers, 'x-amz-metadata-directive') === 'REPLACE';
  const replaceTags = directive(headers, 'x-amz-tagging-directive') === 'REPLACE';
  const changes =
    replace ||
    headers['x-amz-storage-class'] !== undefined ||
    headers['x-amz-server-side-encryption'] !== undefined;
  if (source.bucket === target.name && source.key === key && source.latest && !changes) {
    throw s3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  return {
    headers: replace ? keptHeaders(headers) : source.headers,
    tags: replaceTags ? tagsFrom(headers['x-amz-tagging']) : source.tags,
    storageClass: headers['x-amz-storage-class'] ?? 'STANDARD',
    encryption: encryptionFrom(headers, target),
  };
}

function directive(headers: Readonly<Record<string, string>>, name: string): 'COPY' | 'REPLACE' {
  const value = headers[name] ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw s3Error(
    'InvalidArgument',
    `Unknown ${name === 'x-amz-tagging-directive' ? 'tagging' : 'metadata'} directive.`,
    {
      ArgumentName: name,
      ArgumentValue: value,
    },
  );
}

/** A link when ETag and checksum stay what they are; else (parts become one, another checksum) the bytes are read. */
async function copyBytes(
  state: S3State,
  source: ObjectVersion,
  wanted: string | undefined,
): Promise<{ pieces: ObjectPiece[]; etag: string; checksum: Checksum | undefined }> {
  const algorithm = wanted === undefined ? source.checksum?.algorithm : checksumAlgorithm(wanted);
  const [piece] = source.pieces;
  if (piece !== undefined && !source.multipart && algorithm === source.checksum?.algorithm) {
    return { pieces: [await state.blobs.link(piece)], etag: source.etag, checksum: source.checksum };
  }
  const hashed = hashing(state.blobs.read(source.pieces, 0, source.size - 1), algorithm);
  const copied = await state.blobs.write(hashed.bytes);
  const { md5, checksum } = await hashed.result();
  return { pieces: [copied], etag: md5, checksum };
}
