/** The port of stored bytes on S3. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Blobs } from '../domain/ports/blobs.ts';
import { setting } from './settings.ts';

const base64Of = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

export function s3Blobs(bucket: string = setting('STAITHE_BUCKET'), given?: S3Client): Blobs {
  // WHEN_REQUIRED: otherwise the SDK signs the CRC32 of an empty body into a presigned PUT, which S3 then refuses.
  const client = given ?? new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  return {
    async presignUpload({ key, sha256, sizeBytes, contentType, expiresSeconds }) {
      const headers = {
        'content-type': contentType,
        'content-length': String(sizeBytes),
        'x-amz-checksum-sha256': base64Of(sha256),
      };
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        ContentType: contentType,
        ContentLength: sizeBytes,
        ChecksumSHA256: headers['x-amz-checksum-sha256'],
      });
      const url = await getSignedUrl(client, put, {
        expiresIn: expiresSeconds,
        // Signed as headers, so that a client can send only what was declared.
        unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
        signableHeaders: new Set(['host', 'content-type', 'content-length']),
      });
      return {
        method: 'PUT',
        url,
        headers,
        expires_at: new Date(Date.now() + expiresSeconds * 1000).toISOString(),
      };
    },

    presignDownload({ key, fileName, expiresSeconds }) {
      const get = new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ResponseContentDisposition: `attachment; filename="${fileName}"`,
      });
      return getSignedUrl(client, get, { expiresIn: expiresSeconds });
    },

    async head(key) {
      try {
        const found = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }),
        );
        return {
          size_bytes: found.ContentLength ?? 0,
          ...(found.ChecksumSHA256 !== undefined && {
            sha256: Buffer.from(found.ChecksumSHA256, 'base64').toString('hex'),
          }),
        };
      } catch (error) {
        // HEAD has no body, so the SDK can only tell by the status.
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
        throw error;
      }
    },

    async read(key) {
      const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (!(body instanceof Readable)) throw new Error(`S3 gave no stream for ${key}.`);
      return body;
    },

    async store({ key, file, sha256, sizeBytes, contentType }) {
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
  };
}
