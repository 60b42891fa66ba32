/** The port of stored bytes. Clients move bytes to and from storage themselves, with presigned requests. */
import type { Readable } from 'node:stream';
import type { PresignedUpload } from '../source/schema.ts';

export interface BlobInfo {
  readonly size_bytes: number;
  /** Hex; absent when the object was stored without one. */
  readonly sha256?: string;
}

export interface Blobs {
  /** A PUT bound to exactly these bytes. */
  presignUpload(blob: {
    key: string;
    sha256: string;
    sizeBytes: number;
    contentType: string;
    expiresSeconds: number;
  }): Promise<PresignedUpload>;
  /** A GET that answers as a download of `fileName`. */
  presignDownload(blob: { key: string; fileName: string; expiresSeconds: number }): Promise<string>;
  head(key: string): Promise<BlobInfo | undefined>;
  read(key: string): Promise<Readable>;
  /** Stores the bytes of a local file. @param file a path */
  store(blob: {
    key: string;
    file: string;
    sha256: string;
    sizeBytes: number;
    contentType: string;
  }): Promise<void>;
}
