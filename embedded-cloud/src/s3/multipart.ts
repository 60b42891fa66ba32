/** CreateMultipartUpload, UploadPart, UploadPartCopy, AbortMultipartUpload. */
import type { HttpResponse } from '../service.ts';
import { checksumAlgorithm, checksumElement, checksumHeaders, declaredChecksum } from './checksum.ts';
import { assertSameAlgorithm } from './composite.ts';
import { copySource } from './copy-object.ts';
import { s3Error } from './errors.ts';
import { metadataFrom } from './metadata.ts';
import { authorizeObject, requestTags } from './permissions.ts';
import { hashing, MAX_PUT, receive } from './receive.ts';
import type { UploadDetails } from './schema.ts';
import type { BucketRequest, S3State } from './state.ts';
import { xmlDocument } from './xml.ts';

const XML = { 'content-type': 'application/xml' };

export function createMultipartUpload(state: S3State, request: BucketRequest): HttpResponse {
  const { target, key, headers } = request;
  const metadata = metadataFrom(headers, target);
  authorizeObject(state, request, 'PutObject', { values: requestTags(metadata.tags) });
  if (headers['x-amz-tagging'] !== undefined) {
    authorizeObject(state, request, 'PutObjectTagging', { values: requestTags(metadata.tags) });
  }
  const checksum = plannedChecksum(headers);
  const upload = state.uploads.create(target.name, key, {
    ...metadata,
    ...checksum,
    initiator: request.call.principal.arn,
  });
  return {
    status: 200,
    headers: {
      ...XML,
      ...metadata.encryption,
      ...(checksum.algorithm === undefined ? {} : { 'x-amz-checksum-algorithm': checksum.algorithm }),
      ...(checksum.checksumType === undefined ? {} : { 'x-amz-checksum-type': checksum.checksumType }),
    },
    body: xmlDocument('InitiateMultipartUploadResult', {
      Bucket: target.name,
      Key: key,
      UploadId: upload.id,
    }),
  };
}

/** CRC-64/NVME is always of the full object and SHA never; the 32-bit CRCs leave the choice, `COMPOSITE` by default. */
function plannedChecksum(
  headers: Readonly<Record<string, string>>,
): Pick<UploadDetails, 'algorithm' | 'checksumType'> {
  const name = headers['x-amz-checksum-algorithm'];
  const type = headers['x-amz-checksum-type'];
  if (name === undefined) {
    if (type === undefined) return {};
    throw s3Error(
      'InvalidRequest',
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  const algorithm = checksumAlgorithm(name);
  const usual = algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  const checksumType = type ?? usual;
  if (checksumType !== 'FULL_OBJECT' && checksumType !== 'COMPOSITE') {
    throw s3Error('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
  }
  if (checksumType !== usual && !algorithm.startsWith('CRC32')) {
    throw s3Error(
      'InvalidRequest',
      `The ${checksumType} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return { algorithm, checksumType };
}

export async function uploadPart(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const { target, key, query, headers } = request;
  authorizeObject(state, request, 'PutObject');
  const number = partNumber(query.get('partNumber'));
  const upload = state.uploads.get(query.get('uploadId') ?? '', target.name, key);
  const declared = declaredChecksum(headers)?.algorithm;
  assertSameAlgorithm(upload, declared);
  const { file, size, md5, checksum } = await receive(state, request, upload.algorithm);
  const part = {
    number,
    file,
    size,
    etag: md5,
    modified: state.cloud.now(),
    checksum: upload.algorithm === undefined ? null : (checksum?.value ?? null),
  };
  try {
    state.blobs.remove(state.uploads.putPart(upload, part));
  } catch (error) {
    state.blobs.remove([file]);
    throw error;
  }
  const { 'x-amz-checksum-type': _, ...checksums } = checksumHeaders(checksum);
  return { status: 200, headers: { etag: `"${md5}"`, ...upload.encryption, ...checksums } };
}

export function partNumber(text: string | undefined): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number;
  throw s3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
    ArgumentName: 'partNumber',
    ArgumentValue: text ?? '',
  });
}

export async function uploadPartCopy(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const { target, key, query, headers } = request;
  const source = copySource(state, request);
  authorizeObject(state, request, 'PutObject');
  const number = partNumber(query.get('partNumber'));
  const upload = state.uploads.get(query.get('uploadId') ?? '', target.name, key);
  const { start, end } = copyRange(headers['x-amz-copy-source-range'], source.size);
  const hashed = hashing(state.blobs.read(source.pieces, start, end), upload.algorithm);
  const { file, size } = await state.blobs.write(hashed.bytes);
  const { md5, checksum } = await hashed.result();
  const modified = state.cloud.now();
  try {
    const part = { number, file, size, etag: md5, modified, checksum: checksum?.value ?? null };
    state.blobs.remove(state.uploads.putPart(upload, part));
  } catch (error) {
    state.blobs.remove([file]);
    throw error;
  }
  return {
    status: 200,
    headers: { ...XML, ...upload.encryption },
    body: xmlDocument('CopyPartResult', {
      LastModified: new Date(modified).toISOString(),
      ETag: `"${md5}"`,
      ...checksumElement(checksum),
    }),
  };
}

/** Unlike `Range`, it must name both ends and lie within the source. */
function copyRange(header: string | undefined, size: number): { start: number; end: number } {
  if (header === undefined) {
    if (size > MAX_PUT)
      throw s3Error('InvalidRequest', 'The specified copy source is larger than a part may be.');
    return { start: 0, end: size - 1 };
  }
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const [start, end] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || start > end) {
    throw s3Error(
      'InvalidArgument',
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header },
    );
  }
  if (end >= size) {
    throw s3Error('InvalidArgument', `Range specified is not valid for source object of size: ${size}`, {
      ArgumentName: 'x-amz-copy-source-range',
      ArgumentValue: header,
    });
  }
  return { start, end };
}

export function abortMultipartUpload(state: S3State, request: BucketRequest): HttpResponse {
  authorizeObject(state, request, 'AbortMultipartUpload');
  const upload = state.uploads.get(request.query.get('uploadId') ?? '', request.target.name, request.key);
  state.blobs.remove(state.uploads.abort(upload.id));
  return { status: 204 };
}
