/** What a client says about an object in headers, and the headers that say it back. */

import type { Bucket } from './buckets.ts';
import { s3Error } from './errors.ts';
import type { ObjectMetadata, ObjectVersion } from './schema.ts';

/** Kept as they come. */
const KEPT = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-website-redirect-location',
];
/** User metadata may have 2 KB, names and values together. */
const MAX_USER_METADATA = 2048;
const ENCRYPTION = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
];
/** Query parameters of GetObject that override headers of the response. */
const OVERRIDES = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
} as const;

type Headers = Readonly<Record<string, string>>;

/** @throws MetadataTooLarge, InvalidTag, InvalidArgument, NotImplemented */
export function metadataFrom(headers: Headers, bucket: Bucket): ObjectMetadata {
  return {
    headers: keptHeaders(headers),
    tags: tagsFrom(headers['x-amz-tagging']),
    storageClass: headers['x-amz-storage-class'] ?? 'STANDARD',
    encryption: encryptionFrom(headers, bucket),
  };
}

export function keptHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  let userBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-amz-meta-')) {
      userBytes += Buffer.byteLength(name.slice('x-amz-meta-'.length)) + Buffer.byteLength(value);
      kept[name] = value;
    } else if (KEPT.includes(name) && value !== '') {
      kept[name] = value;
    }
  }
  if (userBytes > MAX_USER_METADATA) {
    throw s3Error('MetadataTooLarge', undefined, {
      Size: String(userBytes),
      MaxSizeAllowed: String(MAX_USER_METADATA),
    });
  }
  // `aws-chunked` is the encoding of the transfer, not of the object.
  const encoding = kept['content-encoding']
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== 'aws-chunked');
  if (encoding !== undefined) {
    if (encoding.length > 0) kept['content-encoding'] = encoding.join(',');
    else delete kept['content-encoding'];
  }
  return { 'content-type': 'binary/octet-stream', ...kept };
}

export function encryptionFrom(headers: Headers, bucket: Bucket): Record<string, string> {
  const algorithm = headers['x-amz-server-side-encryption'];
  if (headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined) {
    throw s3Error(
      'NotImplemented',
      'The embedded cloud does not implement encryption with keys of the customer (SSE-C).',
    );
  }
  if (algorithm === undefined) return bucket.encryption;
  if (!['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm)) {
    throw s3Error('InvalidArgument', 'The encryption method specified is not supported', {
      ArgumentName: 'x-amz-server-side-encryption',
      ArgumentValue: algorithm,
    });
  }
  const said = ENCRYPTION.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(said.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
}

/** `x-amz-tagging`: tags in the form of a query string. */
export function tagsFrom(text: string | undefined): Record<string, string> {
  return checkedTags([...new URLSearchParams(text ?? '')]);
}

/** @throws BadRequest for more than 10, InvalidTag for a repeated or overlong one ("Categorizing your storage using tags") */
export function checkedTags(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  if (pairs.length > 10) throw s3Error('BadRequest', 'Object tags cannot be greater than 10');
  const tags = new Map<string, string>();
  for (const [key, value] of pairs) {
    if (tags.has(key)) throw s3Error('InvalidTag', 'Cannot provide multiple Tags with the same key');
    if (key === '' || key.length > 128)
      throw s3Error('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > 256) throw s3Error('InvalidTag', 'The TagValue you have provided is invalid');
    tags.set(key, value);
  }
  return Object.fromEntries(tags);
}

/** The headers of an object in answers to GetObject and HeadObject, save those of length and range. */
export function objectHeaders(
  object: ObjectVersion,
  query: ReadonlyMap<string, string>,
): Record<string, string> {
  const headers: Record<string, string> = {
    ...object.headers,
    ...object.encryption,
    'accept-ranges': 'bytes',
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modified).toUTCString(),
    ...versionHeader(object),
  };
  if (object.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = object.storageClass;
  const tags = Object.keys(object.tags).length;
  if (tags > 0) headers['x-amz-tagging-count'] = String(tags);
  for (const [parameter, header] of Object.entries(OVERRIDES)) {
    const value = query.get(parameter);
    if (value !== undefined) headers[header] = value;
  }
  return headers;
}

/** Only buckets that have or had versioning speak of versions. */
export function versionHeader(object: ObjectVersion): Record<string, string> {
  return object.version === 'null' ? {} : { 'x-amz-version-id': object.version };
}
