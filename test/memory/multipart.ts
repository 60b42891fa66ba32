/** Uploads in parts, in memory. */
import { createHash } from 'node:crypto';
import type { Blobs, StoredPart } from '../../lib/domain/ports/blobs.ts';
import type { PresignedUpload } from '../../lib/domain/upload.ts';

type Multipart = Pick<
  Blobs,
  'startMultipart' | 'presignPart' | 'parts' | 'completeMultipart' | 'abortMultipart'
>;

/** Every part but the last has at least 5 MiB ("Amazon S3 multipart upload limits"). */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/**
 * @param keep stores the finished object
 * @param grant makes a presigned PUT of what `accept` stores
 */
export function memoryMultipart(
  keep: (key: string, bytes: Buffer) => void,
  grant: (
    part: Parameters<Blobs['presignPart']>[0],
    accept: (bytes: Buffer, sha256: string) => number,
  ) => PresignedUpload,
): Multipart {
  const uploads = new Map<string, Map<number, StoredPart & { bytes: Buffer }>>();
  const nameOf = ({ key, uploadId }: { key: string; uploadId: string }) => `${uploadId} ${key}`;
  let started = 0;
  return {
    async startMultipart({ key }) {
      const uploadId = `upload-${++started}`;
      uploads.set(nameOf({ key, uploadId }), new Map());
      return uploadId;
    },
    async presignPart(part) {
      return grant(part, (bytes, sha256) => {
        const parts = uploads.get(nameOf(part));
        if (parts === undefined) return 404;
        const etag = createHash('md5').update(bytes).digest('hex');
        parts.set(part.number, { number: part.number, size_bytes: bytes.length, sha256, etag, bytes });
        return 200;
      });
    },
    async parts(upload) {
      const parts = uploads.get(nameOf(upload));
      if (parts === undefined) return undefined;
      return [...parts.values()]
        .sort((a, b) => a.number - b.number)
        .map(({ bytes: _, ...part }): StoredPart => part);
    },
    async completeMultipart({ parts: chosen, ...upload }) {
      const stored = uploads.get(nameOf(upload));
      if (stored === undefined) return false;
      const pieces = chosen.map((part, at) => {
        const found = stored.get(part.number);
        if (found === undefined || found.etag !== part.etag)
          throw new Error(`InvalidPart: there is no such part ${part.number}.`);
        if (at < chosen.length - 1 && found.size_bytes < MIN_PART_BYTES)
          throw new Error(`EntityTooSmall: part ${part.number} has ${found.size_bytes} bytes.`);
        return found.bytes;
      });
      uploads.delete(nameOf(upload));
      keep(upload.key, Buffer.concat(pieces));
      return true;
    },
    async abortMultipart(upload) {
      uploads.delete(nameOf(upload));
    },
  };
}
