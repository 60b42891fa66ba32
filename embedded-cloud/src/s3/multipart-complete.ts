/** CompleteMultipartUpload: the parts become one object without being copied. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { HttpResponse } from '../service.ts';
import {
  assertChecksum,
  base64,
  type Checksum,
  checksumElement,
  checksumHeader,
  hasher,
} from './checksum.ts';
import { combineCrc } from './combine-crc.ts';
import { assertPartChecksum, assertSameType } from './composite.ts';
import { s3Error } from './errors.ts';
import { created } from './events.ts';
import { versionHeader } from './metadata.ts';
import { payload } from './payload.ts';
import { authorizeObject } from './permissions.ts';
import { writePrecondition } from './preconditions.ts';
import { causeOf } from './put-object.ts';
import type { BucketRequest, S3State } from './state.ts';
import type { Part, Upload } from './upload-table.ts';
import { childrenOf, readXml, textOf, type XmlElement, xmlDocument } from './xml.ts';

/** Every part but the last has at least 5 MiB ("Amazon S3 multipart upload limits"). */
const MIN_PART = 5 * 1024 * 1024;

export async function completeMultipartUpload(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const { target, key, query, headers } = request;
  authorizeObject(state, request, 'PutObject');
  const uploadId = query.get('uploadId') ?? '';
  const upload = state.uploads.get(uploadId, target.name, key);
  assertSameType(upload, headers);
  const document = await readXml(payload(state.cloud, request).bytes, 'CompleteMultipartUpload');
  const elements = childrenOf(document, 'Part');
  const parts = chosenParts(state, upload, elements);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const declaredSize = headers['x-amz-mp-object-size'];
  if (declaredSize !== undefined && Number(declaredSize) !== size) {
    throw s3Error(
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${declaredSize} does not match what was computed: ${size}`,
    );
  }
  const checksum = await checksumOf(upload, parts);
  assertDeclared(headers, checksum);
  // From here on nothing waits: no other request completes, aborts or changes the upload in between.
  const still = chosenParts(state, state.uploads.get(uploadId, target.name, key), elements);
  if (!isDeepStrictEqual(still, parts)) throw s3Error('OperationAborted');
  const digests = createHash('md5');
  for (const part of parts) digests.update(part.etag, 'hex');
  const { headers: kept, tags, storageClass, encryption } = upload;
  let dropped: string[] = [];
  const { version, files } = state.objects.put(
    {
      headers: kept,
      tags,
      storageClass,
      encryption,
      bucket: target.name,
      key,
      size,
      etag: `${digests.digest('hex')}-${parts.length}`,
      pieces: parts.map(({ file, size: bytes, number, checksum: value }) => ({
        file,
        size: bytes,
        number,
        ...(value === null ? {} : { checksum: value }),
      })),
      multipart: true,
      checksum,
    },
    target.versioning,
    (object) => created(state, object, 'CompleteMultipartUpload', causeOf(state, request)),
    writePrecondition(headers),
    () => {
      // Between the check above and here another request may have completed it.
      state.uploads.get(upload.id, target.name, key);
      dropped = state.uploads.forget(upload.id, new Set(parts.map(({ file }) => file)));
    },
  );
  state.blobs.remove([...files, ...dropped]);
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...version.encryption, ...versionHeader(version) },
    body: xmlDocument('CompleteMultipartUploadResult', {
      Location: `${state.cloud.endpoint}/${target.name}/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
      Bucket: target.name,
      Key: key,
      ETag: `"${version.etag}"`,
      ...checksumElement(checksum),
      ChecksumType: checksum?.type,
    }),
  };
}

/** @throws MalformedXML, InvalidPartOrder, InvalidPart, InvalidRequest for a missing checksum, EntityTooSmall */
function chosenParts(state: S3State, upload: Upload, elements: readonly XmlElement[]): Part[] {
  if (elements.length === 0 || elements.length > 10_000) throw s3Error('MalformedXML');
  const uploaded = new Map(state.uploads.parts(upload.id).map((part) => [part.number, part]));
  let before = 0;
  const parts = elements.map((element) => {
    const number = Number(textOf(element, 'PartNumber'));
    const etag = textOf(element, 'ETag')?.replaceAll('"', '');
    if (!Number.isInteger(number) || etag === undefined) throw s3Error('MalformedXML');
    if (number <= before) throw s3Error('InvalidPartOrder', undefined, { UploadId: upload.id });
    before = number;
    const part = uploaded.get(number);
    const declared =
      upload.algorithm === undefined ? undefined : textOf(element, `Checksum${upload.algorithm}`);
    assertPartChecksum(upload, number, declared);
    if (part === undefined || part.etag !== etag || (declared !== undefined && declared !== part.checksum)) {
      throw s3Error('InvalidPart', undefined, {
        UploadId: upload.id,
        PartNumber: String(number),
        ETag: etag,
      });
    }
    return part;
  });
  for (const part of parts.slice(0, -1)) {
    if (part.size < MIN_PART) {
      throw s3Error('EntityTooSmall', undefined, {
        ProposedSize: String(part.size),
        MinSizeAllowed: String(MIN_PART),
        PartNumber: String(part.number),
        ETag: part.etag,
      });
    }
  }
  return parts;
}

/** From the parts' checksums: their checksum, or the checksum of the whole by combining CRCs. */
async function checksumOf(
  { algorithm, checksumType }: Upload,
  parts: readonly Part[],
): Promise<Checksum | undefined> {
  if (algorithm === undefined || checksumType === undefined) return undefined;
  const digests = parts.map((part) => ({
    size: part.size,
    digest: Buffer.from(part.checksum ?? '', 'base64'),
  }));
  if (checksumType === 'COMPOSITE' || algorithm === 'SHA1' || algorithm === 'SHA256') {
    const hash = hasher(algorithm);
    for (const { digest } of digests) hash.update(digest);
    return { algorithm, value: `${base64(await hash.digest())}-${parts.length}`, type: 'COMPOSITE' };
  }
  const [first, ...others] = digests;
  if (first === undefined) return undefined;
  const whole = others.reduce<Buffer>(
    (crc, { digest, size }) => combineCrc(algorithm, crc, digest, size),
    first.digest,
  );
  return { algorithm, value: whole.toString('base64'), type: 'FULL_OBJECT' };
}

function assertDeclared(headers: Readonly<Record<string, string>>, checksum: Checksum | undefined): void {
  if (checksum === undefined) return;
  const declared = headers[checksumHeader(checksum.algorithm)];
  // A composite value may be given with or without the number of parts.
  const computed = declared?.includes('-') ? checksum.value : checksum.value.replace(/-\d+$/, '');
  if (declared !== undefined) assertChecksum(checksum.algorithm, declared, computed);
}
