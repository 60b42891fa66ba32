/** ListParts and ListMultipartUploads. */
import type { HttpResponse } from '../service.ts';
import { authorizeList, ownerOf } from './list-objects.ts';
import { nameEncoder, pageSize } from './listing.ts';
import { authorizeObject } from './permissions.ts';
import type { BucketRequest, S3State } from './state.ts';
import type { Upload } from './upload-table.ts';
import { xmlDocument } from './xml.ts';

const XML = { 'content-type': 'application/xml' };

export function listParts(state: S3State, request: BucketRequest): HttpResponse {
  const { target, key, query } = request;
  authorizeObject(state, request, 'ListMultipartUploadParts');
  const upload = state.uploads.get(query.get('uploadId') ?? '', target.name, key);
  const limit = pageSize(query, 'max-parts');
  const marker = pageMarker(query.get('part-number-marker'));
  const found = state.uploads.parts(upload.id, marker, limit + 1);
  const parts = found.slice(0, limit);
  const truncated = limit > 0 && found.length > limit;
  const body = xmlDocument('ListPartsResult', {
    Bucket: target.name,
    Key: nameEncoder(query)(key),
    UploadId: upload.id,
    Initiator: { ID: upload.initiator },
    Owner: ownerOf(state),
    StorageClass: upload.storageClass,
    ChecksumAlgorithm: upload.algorithm,
    ChecksumType: upload.checksumType,
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.number ?? 0,
    MaxParts: limit,
    IsTruncated: truncated,
    Part: parts.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.modified).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.size,
      ...(upload.algorithm === undefined || part.checksum === null
        ? {}
        : { [`Checksum${upload.algorithm}`]: part.checksum }),
    })),
  });
  return { status: 200, headers: XML, body };
}

function pageMarker(text: string | undefined): number {
  return text === undefined || !/^\d{1,5}$/.test(text) ? 0 : Number(text);
}

export function listMultipartUploads(state: S3State, request: BucketRequest): HttpResponse {
  const { target, query } = request;
  authorizeList(state, request, 'ListBucketMultipartUploads');
  const name = nameEncoder(query);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = pageSize(query, 'max-uploads');
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const page = walk(state, target.name, { prefix, delimiter, limit, keyMarker, idMarker });
  const body = xmlDocument('ListMultipartUploadsResult', {
    Bucket: target.name,
    KeyMarker: name(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: page.truncated ? name(page.last.key) : undefined,
    NextUploadIdMarker: page.truncated ? page.last.id : undefined,
    Prefix: name(prefix),
    Delimiter: delimiter === '' ? undefined : name(delimiter),
    MaxUploads: limit,
    EncodingType: query.get('encoding-type'),
    IsTruncated: page.truncated,
    Upload: page.uploads.map((upload) => ({
      UploadId: upload.id,
      Key: name(upload.key),
      Initiated: new Date(upload.initiated).toISOString(),
      StorageClass: upload.storageClass,
      Owner: ownerOf(state),
      Initiator: { ID: upload.initiator },
      ChecksumAlgorithm: upload.algorithm,
      ChecksumType: upload.checksumType,
    })),
    CommonPrefixes: page.prefixes.map((each) => ({ Prefix: name(each) })),
  });
  return { status: 200, headers: XML, body };
}

interface UploadPage {
  readonly uploads: Upload[];
  readonly prefixes: string[];
  truncated: boolean;
  last: { key: string; id: string };
}

/** Uploads under way are few, so those that do not match are read and left out. */
function walk(
  state: S3State,
  bucket: string,
  query: { prefix: string; delimiter: string; limit: number; keyMarker: string; idMarker: string },
): UploadPage {
  const { prefix, delimiter, limit, keyMarker, idMarker } = query;
  // A key marker without an upload id stands behind all uploads of that key.
  let cursor = { key: keyMarker, id: idMarker === '' && keyMarker !== '' ? '\u{10ffff}' : idMarker };
  const page: UploadPage = { uploads: [], prefixes: [], truncated: false, last: cursor };
  for (;;) {
    const batch = state.uploads.list(bucket, cursor, 1000);
    for (const upload of batch) {
      cursor = { key: upload.key, id: upload.id };
      if (!upload.key.startsWith(prefix)) continue;
      const at = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
      const folded = at < 0 ? undefined : upload.key.slice(0, at + delimiter.length);
      if (folded !== undefined && (page.prefixes.at(-1) === folded || folded === keyMarker)) continue;
      if (page.uploads.length + page.prefixes.length >= limit) {
        page.truncated = limit > 0;
        return page;
      }
      if (folded === undefined) page.uploads.push(upload);
      else page.prefixes.push(folded);
      page.last = folded === undefined ? cursor : { key: folded, id: '' };
    }
    if (batch.length < 1000) return page;
  }
}
