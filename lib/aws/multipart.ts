/** Uploads in parts on S3. Each part has a SHA-256, which S3 checks; of the whole it has none, only a composite one. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type Part,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Blobs, StoredPart } from '../domain/ports/blobs.ts';
import { base64Of, hexFrom, presignPut } from './presigned-put.ts';

type Multipart = Pick<
  Blobs,
  'startMultipart' | 'presignPart' | 'parts' | 'completeMultipart' | 'abortMultipart'
>;

const isGone = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.name === 'NoSuchUpload';

function storedPart(part: Part): StoredPart {
  return {
    number: part.PartNumber ?? 0,
    size_bytes: part.Size ?? 0,
    sha256: hexFrom(part.ChecksumSHA256 ?? ''),
    etag: part.ETag ?? '',
  };
}

export function s3Multipart(bucket: string, client: S3Client): Multipart {
  return {
    async startMultipart({ key, contentType }) {
      const { UploadId: uploadId } = await client.send(
        new CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          ContentType: contentType,
          ChecksumAlgorithm: 'SHA256',
        }),
      );
      if (uploadId === undefined) throw new Error(`S3 began no upload for ${key}.`);
      return uploadId;
    },

    presignPart({ key, uploadId, number, sha256, sizeBytes, expiresSeconds }) {
      const checksum = base64Of(sha256);
      const put = new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: number,
        ContentLength: sizeBytes,
        ChecksumSHA256: checksum,
      });
      return presignPut(client, put, expiresSeconds, {
        'content-length': String(sizeBytes),
        'x-amz-checksum-sha256': checksum,
      });
    },

    async parts({ key, uploadId }) {
      const found: StoredPart[] = [];
      try {
        // Not the SDK's paginator: it goes by the marker, which S3 gives on the last page too, and would never end.
        for (let marker: string | undefined, more = true; more; ) {
          const page = await client.send(
            new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker }),
          );
          found.push(...(page.Parts ?? []).map(storedPart));
          marker = page.NextPartNumberMarker;
          more = page.IsTruncated === true;
        }
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
      return found;
    },

    async completeMultipart({ key, uploadId, parts }) {
      const chosen = parts.map(({ number, sha256, etag }) => ({
        PartNumber: number,
        ETag: etag,
        ChecksumSHA256: base64Of(sha256),
      }));
      try {
        await client.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            UploadId: uploadId,
            MultipartUpload: { Parts: chosen },
          }),
        );
        return true;
      } catch (error) {
        if (isGone(error)) return false;
        throw error;
      }
    },

    async abortMultipart({ key, uploadId }) {
      try {
        await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
  };
}
