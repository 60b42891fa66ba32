/** Presigned PUTs to S3, whose headers are signed: a client can send only what was declared. */
import { PutObjectCommand, type S3Client, type UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { PresignedUpload } from '../domain/upload.ts';

export const base64Of = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
export const hexFrom = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');

/** @param headers what the client has to send, of `content-type`, `content-length` and `x-amz-checksum-sha256` */
export async function presignPut(
  client: S3Client,
  put: PutObjectCommand | UploadPartCommand,
  expiresSeconds: number,
  headers: Record<string, string>,
): Promise<PresignedUpload> {
  const options = {
    expiresIn: expiresSeconds,
    // The presigner would put it into the query, where a client need not send it.
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
    signableHeaders: new Set(['host', ...Object.keys(headers)]),
  };
  // The presigner takes one kind of command at a time.
  const url =
    put instanceof PutObjectCommand
      ? await getSignedUrl(client, put, options)
      : await getSignedUrl(client, put, options);
  return {
    method: 'PUT',
    url,
    headers,
    expires_at: new Date(Date.now() + expiresSeconds * 1000).toISOString(),
  };
}
