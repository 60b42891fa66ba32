/** A storage under test, and keys that no other test has. */
import { createHash } from 'node:crypto';
import type { Blobs } from '../../../lib/domain/ports/blobs.ts';

export interface BlobsUnderTest {
  readonly blobs: Blobs;
  /** A client's PUT with exactly these headers; the content length is that of the bytes. @returns the status */
  put(url: string, headers: Record<string, string>, bytes: Uint8Array): Promise<number>;
  /** As a client that decodes what it is told is encoded. */
  fetch(url: string): Promise<{ status: number; bytes?: Buffer; headers?: Readonly<Record<string, string>> }>;
  /** Does it as if so much time had passed. */
  later<T>(milliseconds: number, act: () => Promise<T>): Promise<T>;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
let names = 0;
export const freshKey = (): string => `projects/prj_1/sources/${++names}`;

/** Announces bytes to storage, as they are. */
export async function announce({ blobs }: BlobsUnderTest, bytes: Buffer, key = freshKey()) {
  const upload = await blobs.presignUpload({
    key,
    sha256: sha256Of(bytes),
    sizeBytes: bytes.length,
    contentType: 'application/gzip',
    expiresSeconds: 900,
  });
  return { key, upload };
}

export const link = ({ blobs }: BlobsUnderTest, key: string, fileName = 'a') =>
  blobs.presignDownload({ key, fileName, contentType: 'application/gzip', expiresSeconds: 60 });
