/** ListObjectsV2, and ListObjects for older clients. */
import type { HttpResponse } from '../service.ts';
import { s3Error } from './errors.ts';
import { list, nameEncoder, pageSize } from './listing.ts';
import { authorizeBucket } from './permissions.ts';
import type { ObjectVersion } from './schema.ts';
import type { BucketRequest, S3State } from './state.ts';
import { type XmlTree, xmlDocument } from './xml.ts';

const XML = { 'content-type': 'application/xml' };

export function listObjectsV2(state: S3State, request: BucketRequest): HttpResponse {
  const { query } = request;
  authorizeList(state, request, 'ListBucket');
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const page = read(state, request, token === undefined ? (startAfter ?? '') : fromToken(token));
  const name = nameEncoder(query);
  const owner = query.get('fetch-owner') === 'true' ? ownerOf(state) : undefined;
  const body = xmlDocument('ListBucketResult', {
    ...page.head,
    KeyCount: page.objects.length + page.prefixes.length,
    ContinuationToken: token,
    NextContinuationToken: page.truncated ? toToken(page.last) : undefined,
    StartAfter: startAfter === undefined ? undefined : name(startAfter),
    IsTruncated: page.truncated,
    Contents: page.objects.map((object) => contents(object, name, owner)),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: name(prefix) })),
  });
  return { status: 200, headers: XML, body };
}

export function listObjects(state: S3State, request: BucketRequest): HttpResponse {
  const { query } = request;
  authorizeList(state, request, 'ListBucket');
  const marker = query.get('marker') ?? '';
  const page = read(state, request, marker);
  const name = nameEncoder(query);
  const body = xmlDocument('ListBucketResult', {
    ...page.head,
    Marker: name(marker),
    // Without a delimiter the next marker is the page's last key.
    NextMarker: page.truncated && query.has('delimiter') ? name(page.last) : undefined,
    IsTruncated: page.truncated,
    Contents: page.objects.map((object) => contents(object, name, ownerOf(state))),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: name(prefix) })),
  });
  return { status: 200, headers: XML, body };
}

/** IAM may bind a listing to a prefix. */
export function authorizeList(state: S3State, request: BucketRequest, action: string): void {
  const { query } = request;
  authorizeBucket(state, request, action, {
    's3:prefix': query.get('prefix') ?? '',
    's3:delimiter': query.get('delimiter'),
    's3:max-keys': query.get('max-keys'),
  });
}

function read(state: S3State, { target, query }: BucketRequest, after: string) {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = pageSize(query, 'max-keys');
  const name = nameEncoder(query);
  const page = list(state.database, {
    bucket: target.name,
    prefix,
    delimiter,
    after,
    limit,
    versions: false,
  });
  const head: XmlTree = {
    Name: target.name,
    Prefix: name(prefix),
    Delimiter: delimiter === '' ? undefined : name(delimiter),
    MaxKeys: limit,
    EncodingType: query.get('encoding-type'),
  };
  return { ...page, head };
}

function contents(object: ObjectVersion, name: (key: string) => string, owner: XmlTree | undefined): XmlTree {
  return {
    Key: name(object.key),
    LastModified: new Date(object.modified).toISOString(),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum?.algorithm,
    ChecksumType: object.checksum?.type,
    Size: object.size,
    Owner: owner,
    StorageClass: object.storageClass,
  };
}

export function ownerOf(state: S3State): XmlTree {
  return { ID: state.cloud.accountId };
}

/** Opaque to clients; the leading character keeps a token of an empty key from being empty. */
function toToken(last: string): string {
  return `1${Buffer.from(last).toString('base64url')}`;
}

function fromToken(token: string): string {
  if (!/^1[\w-]*$/.test(token)) {
    throw s3Error('InvalidArgument', 'The continuation token provided is incorrect', {
      ArgumentName: 'continuation-token',
    });
  }
  return Buffer.from(token.slice(1), 'base64url').toString('utf8');
}
