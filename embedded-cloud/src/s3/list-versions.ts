/** ListObjectVersions. */
import type { HttpResponse } from '../service.ts';
import { s3Error } from './errors.ts';
import { authorizeList, ownerOf } from './list-objects.ts';
import { list, nameEncoder, pageSize } from './listing.ts';
import type { ObjectVersion } from './schema.ts';
import type { BucketRequest, S3State } from './state.ts';
import { type XmlTree, xmlDocument } from './xml.ts';

export function listObjectVersions(state: S3State, request: BucketRequest): HttpResponse {
  const { target, query } = request;
  authorizeList(state, request, 'ListBucketVersions');
  const name = nameEncoder(query);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = pageSize(query, 'max-keys');
  const after = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker');
  const afterSequence =
    versionMarker === undefined ? undefined : sequenceOf(state, target.name, after, versionMarker);
  const page = list(state.database, {
    bucket: target.name,
    prefix,
    delimiter,
    after,
    afterSequence,
    limit,
    versions: true,
  });
  const entry = (object: ObjectVersion): XmlTree => ({
    Key: name(object.key),
    VersionId: object.version,
    IsLatest: object.latest,
    LastModified: new Date(object.modified).toISOString(),
    Owner: ownerOf(state),
  });
  const body = xmlDocument('ListVersionsResult', {
    Name: target.name,
    Prefix: name(prefix),
    KeyMarker: name(after),
    VersionIdMarker: versionMarker ?? '',
    NextKeyMarker: page.truncated ? name(page.last) : undefined,
    NextVersionIdMarker: page.truncated ? page.lastObject?.version : undefined,
    MaxKeys: limit,
    Delimiter: delimiter === '' ? undefined : name(delimiter),
    EncodingType: query.get('encoding-type'),
    IsTruncated: page.truncated,
    Version: page.objects
      .filter(({ marker }) => !marker)
      .map((object) => ({
        ...entry(object),
        ETag: `"${object.etag}"`,
        ChecksumAlgorithm: object.checksum?.algorithm,
        Size: object.size,
        StorageClass: object.storageClass,
      })),
    DeleteMarker: page.objects.filter(({ marker }) => marker).map(entry),
    CommonPrefixes: page.prefixes.map((each) => ({ Prefix: name(each) })),
  });
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

function sequenceOf(state: S3State, bucket: string, key: string, version: string): number {
  const found = state.objects.version(bucket, key, version);
  if (found === undefined) {
    throw s3Error('InvalidArgument', 'Invalid version id specified', {
      ArgumentName: 'version-id-marker',
      ArgumentValue: version,
    });
  }
  return found.sequence;
}
