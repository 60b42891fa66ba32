/** The port of stored bytes. Clients move bytes to and from storage themselves, with presigned requests. */
import type { Readable } from 'node:stream';
import type { PresignedUpload } from '../upload.ts';

export interface BlobInfo {
  readonly size_bytes: number;
  /** Hex, of the whole object, as storage itself computed it; absent when it did not (a multipart upload, or none asked). */
  readonly sha256?: string;
  /** Names these very bytes, whatever is written to the key later; absent where storage keeps no versions. */
  readonly version?: string;
}

/** One part of a multipart upload, as storage has it. */
export interface StoredPart {
  readonly number: number;
  readonly size_bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Storage's own name for it. */
  readonly etag: string;
}

export interface Blobs {
  /** A PUT bound to exactly these bytes; without `sha256` and `sizeBytes` to the key and the type only. */
  presignUpload(blob: {
    key: string;
    sha256?: string | undefined;
    sizeBytes?: number | undefined;
    contentType: string;
    expiresSeconds: number;
  }): Promise<PresignedUpload>;
  /**
   * A GET that answers as a download of `fileName`, with these headers and no others, whatever an uploader has sent:
   * the bytes come as they are stored, in no encoding.
   */
  presignDownload(blob: {
    key: string;
    fileName: string;
    contentType: string;
    expiresSeconds: number;
  }): Promise<string>;
  head(key: string): Promise<BlobInfo | undefined>;
  /** @param version as `head` gave it; the newest without it */
  read(key: string, version?: string): Promise<Readable>;
  /** Stores the bytes of a local file. @param file a path */
  storeFile(blob: {
    key: string;
    file: string;
    sha256: string;
    sizeBytes: number;
    contentType: string;
  }): Promise<void>;
  /** Stores bytes that are at hand. */
  storeBytes(blob: { key: string; bytes: Uint8Array; sha256: string; contentType: string }): Promise<void>;
  /**
   * Copies within storage, up to 5 GiB; the copy has a SHA-256 of the whole, parts become one, and of the headers that
   * an uploader has sent only the type is left.
   * @param blob.version as `head` gave it
   */
  copy(blob: { from: string; version?: string | undefined; to: string; contentType: string }): Promise<void>;
  /** No error when there is nothing. */
  remove(key: string): Promise<void>;
  /** Removes all that lies below a prefix, which ends with a slash. */
  removeAll(prefix: string): Promise<void>;
  /** Begins an upload in parts, each with a SHA-256 of its own. @returns storage's name for it */
  startMultipart(blob: { key: string; contentType: string }): Promise<string>;
  /** A PUT of one part, bound to exactly these bytes. @param part.number from 1 */
  presignPart(part: {
    key: string;
    uploadId: string;
    number: number;
    sha256: string;
    sizeBytes: number;
    expiresSeconds: number;
  }): Promise<PresignedUpload>;
  /** The parts so far, by number; undefined when there is no such upload: it was completed or aborted. */
  parts(upload: { key: string; uploadId: string }): Promise<StoredPart[] | undefined>;
  /** Makes one object of the parts. @returns false when there is no such upload any more */
  completeMultipart(upload: {
    key: string;
    uploadId: string;
    parts: readonly StoredPart[];
  }): Promise<boolean>;
  /** Forgets the parts. No error when there is no such upload. */
  abortMultipart(upload: { key: string; uploadId: string }): Promise<void>;
}
