/** GetObjectAttributes. */
import type { HttpResponse } from '../service.ts';
import { checksumElement } from './checksum.ts';
import { s3Error } from './errors.ts';
import { readable } from './get-object.ts';
import { versionHeader } from './metadata.ts';
import { notModified } from './preconditions.ts';
import type { ObjectVersion } from './schema.ts';
import type { BucketRequest, S3State } from './state.ts';
import { type XmlTree, xmlDocument } from './xml.ts';

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

export function getObjectAttributes(state: S3State, request: BucketRequest): HttpResponse {
  const wanted = (request.headers['x-amz-object-attributes'] ?? '').split(',').map((name) => name.trim());
  if (wanted.some((name) => !ATTRIBUTES.includes(name))) {
    throw s3Error('InvalidArgument', 'Invalid attribute name specified.', {
      ArgumentName: 'x-amz-object-attributes',
      ArgumentValue: wanted.join(','),
    });
  }
  readable(state, request, 'GetObject');
  const object = readable(state, request, 'GetObjectAttributes');
  const headers = { 'last-modified': new Date(object.modified).toUTCString(), ...versionHeader(object) };
  if (notModified(request.headers, object)) return { status: 304, headers };
  const all: XmlTree = {
    ETag: object.etag,
    Checksum:
      object.checksum === undefined
        ? undefined
        : { ...checksumElement(object.checksum), ChecksumType: object.checksum.type },
    ObjectParts: object.multipart ? objectParts(object, request) : undefined,
    StorageClass: object.storageClass,
    ObjectSize: object.size,
  };
  const chosen = Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)));
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...headers },
    body: xmlDocument('GetObjectAttributesResponse', chosen),
  };
}

/** S3 tells the single parts only when they have checksums. */
function objectParts(object: ObjectVersion, { headers }: BucketRequest): XmlTree {
  const limit = Math.min(Number(headers['x-amz-max-parts'] ?? 1000), 1000);
  const marker = Number(headers['x-amz-part-number-marker'] ?? 0);
  const { checksum } = object;
  const numbered = object.pieces.map((piece, index) => ({ ...piece, number: piece.number ?? index + 1 }));
  if (checksum?.type !== 'COMPOSITE') return { PartsCount: object.pieces.length };
  const rest = numbered.filter(({ number }) => number > marker);
  const parts = rest.slice(0, limit);
  return {
    PartsCount: object.pieces.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.number ?? 0,
    MaxParts: limit,
    IsTruncated: rest.length > parts.length,
    Part: parts.map((part) => ({
      PartNumber: part.number,
      Size: part.size,
      [`Checksum${checksum.algorithm}`]: part.checksum,
    })),
  };
}
