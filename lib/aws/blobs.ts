/** The port of stored bytes on S3. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { attachment } from '../domain/artifact/disposition.ts';
import type { Blobs } from '../domain/ports/blobs.ts';
import { s3Multipart } from './multipart.ts';
import { base64Of, hexFrom, presignPut } from './presigned-put.ts';
import { setting } from './settings.ts';

/**
 * A presigned PUT takes any header that is not signed, but for `x-amz-…` ones, which S3 refuses then; S3 keeps those of
 * the five names below and gives them back. A signature cannot forbid a header, so they are overridden where bytes are
 * read ("GetObject", response-…), in the signed query. S3 takes no empty value; these are the values that say nothing:
 * `identity` is no encoding (RFC 9110, section 12.5.3), `und` no language (BCP 47), and a link like this is for one.
 */
const NEUTRAL = {
  ResponseContentEncoding: 'identity',
  ResponseContentLanguage: 'und',
  ResponseCacheControl: 'private, no-cache',
  ResponseExpires: new Date(0),
} as const;

export function s3Blobs(bucket: string = setting('STAITHE_BUCKET'), injected?: S3Client): Blobs {
  // WHEN_REQUIRED: otherwise the SDK signs the CRC32 of an empty body into a presigned PUT, which S3 then refuses.
  const client = injected ?? new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  return {
    ...s3Multipart(bucket, client),

    presignUpload({ key, sha256, sizeBytes, contentType, expiresSeconds }) {
      const checksum = sha256 === undefined ? undefined : base64Of(sha256);
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        ContentType: contentType,
        ContentLength: sizeBytes,
        ChecksumSHA256: checksum,
      });
      return presignPut(client, put, expiresSeconds, {
        'content-type': contentType,
        ...(sizeBytes !== undefined && { 'content-length': String(sizeBytes) }),
        ...(checksum !== undefined && { 'x-amz-checksum-sha256': checksum }),
      });
    },

    presignDownload({ key, fileName, contentType, expiresSeconds }) {
      const get = new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ResponseContentDisposition: attachment(fileName),
        ResponseContentType: contentType,
        ...NEUTRAL,
      });
      return getSignedUrl(client, get, { expiresIn: expiresSeconds });
    },

    async head(key) {
      try {
        const found = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }),
        );
        const { ChecksumSHA256: checksum, ChecksumType: type, VersionId: version } = found;
        return {
          size_bytes: found.ContentLength ?? 0,
          // A composite one is the digest of digests and says nothing about the whole ("Checking object integrity").
          ...(checksum !== undefined && type !== 'COMPOSITE' && { sha256: hexFrom(checksum) }),
          ...(version !== undefined && { version }),
        };
      } catch (error) {
        // HEAD has no body, so the SDK can only tell by the status.
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
        throw error;
      }
    },

    async read(key, version) {
      const { Body: body } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version }),
      );
      if (!(body instanceof Readable)) throw new Error(`S3 gave no stream for ${key}.`);
      return body;
    },

    async storeFile({ key, file, sha256, sizeBytes, contentType }) {
      const body = createReadStream(file);
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentLength: sizeBytes,
          ContentType: contentType,
          ChecksumSHA256: base64Of(sha256),
        }),
      );
    },

    async storeBytes({ key, bytes, sha256, contentType }) {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: bytes,
          ContentType: contentType,
          ChecksumSHA256: base64Of(sha256),
        }),
      );
    },

    async copy({ from, version, to, contentType }) {
      const source = `${bucket}/${from}${version === undefined ? '' : `?versionId=${version}`}`;
      await client.send(
        new CopyObjectCommand({
          Bucket: bucket,
          Key: to,
          CopySource: source,
          ChecksumAlgorithm: 'SHA256',
          MetadataDirective: 'REPLACE',
          ContentType: contentType,
        }),
      );
    },

    async remove(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },

    async removeAll(prefix) {
      for (;;) {
        // The first page again and again: what was on it is gone. A page and a deletion have 1,000 keys at most.
        const { Contents: found = [] } = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
        );
        if (found.length === 0) return;
        const Objects = found.map(({ Key }) => ({ Key }));
        const { Errors: [failed] = [] } = await client.send(
          new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
        );
        if (failed !== undefined) throw new Error(`S3 did not remove ${failed.Key}: ${failed.Message}`);
      }
    },
  };
}
