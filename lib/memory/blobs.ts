/** Stored bytes in memory. A presigned request is bound as S3 binds it: to method, key, time and signed headers. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Blobs } from '../domain/ports/blobs.ts';
import type { Clock } from '../domain/ports/index.ts';

interface StoredBlob {
  readonly bytes: Buffer;
  readonly sha256?: string;
}

export interface MemoryBlobs extends Blobs {
  /** Sends bytes to a presigned upload. @returns the status that S3 answers with: 200, 400 or 403 */
  put(url: string, headers: Readonly<Record<string, string>>, bytes: Uint8Array): number;
  /** Follows a presigned download. */
  fetch(url: string): { status: number; bytes?: Buffer; disposition?: string };
  /** Puts bytes in place, as an uploader would who is not this system. */
  place(key: string, bytes: Uint8Array, options?: { sha256?: string }): void;
  remove(key: string): void;
}

type Grant = { readonly expires: number; readonly key: string } & (
  | { readonly method: 'PUT'; readonly headers: Readonly<Record<string, string>> }
  | { readonly method: 'GET'; readonly disposition: string }
);

const hexDigest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const base64Of = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

export function memoryBlobs(clock: Clock): MemoryBlobs {
  const blobs = new Map<string, StoredBlob>();
  const grants = new Map<string, Grant>();
  const grant = (given: Grant): string => {
    const url = `https://bytes.invalid/${given.key}?grant=${grants.size + 1}`;
    grants.set(url, given);
    return url;
  };
  const expiry = (seconds: number): number => clock.now().getTime() + seconds * 1000;
  const granted = (url: string): Grant | undefined => {
    const found = grants.get(url);
    return found !== undefined && clock.now().getTime() < found.expires ? found : undefined;
  };

  return {
    async presignUpload({ key, sha256, sizeBytes, contentType, expiresSeconds }) {
      const headers = {
        'content-type': contentType,
        'content-length': String(sizeBytes),
        'x-amz-checksum-sha256': base64Of(sha256),
      };
      const expires = expiry(expiresSeconds);
      const url = grant({ method: 'PUT', key, headers, expires });
      return { method: 'PUT', url, headers, expires_at: new Date(expires).toISOString() };
    },
    async presignDownload({ key, fileName, expiresSeconds }) {
      const disposition = `attachment; filename="${fileName}"`;
      return grant({ method: 'GET', key, disposition, expires: expiry(expiresSeconds) });
    },
    async head(key) {
      const blob = blobs.get(key);
      if (blob === undefined) return undefined;
      return { size_bytes: blob.bytes.length, ...(blob.sha256 !== undefined && { sha256: blob.sha256 }) };
    },
    async read(key) {
      const blob = blobs.get(key);
      if (blob === undefined) throw new Error(`NoSuchKey: there are no bytes at ${key}.`);
      return Readable.from([blob.bytes]);
    },
    async store({ key, file, sha256, sizeBytes }) {
      const bytes = await readFile(file);
      if (bytes.length !== sizeBytes || hexDigest(bytes) !== sha256)
        throw new Error(`BadDigest: ${file} does not hold the declared bytes.`);
      blobs.set(key, { bytes, sha256 });
    },
    put(url, headers, bytes) {
      const found = granted(url);
      if (found?.method !== 'PUT') return 403;
      const sent = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      sent.set('content-length', String(bytes.length)); // what HTTP itself would send
      if (Object.entries(found.headers).some(([name, value]) => sent.get(name) !== value)) return 403;
      const sha256 = hexDigest(bytes);
      if (base64Of(sha256) !== found.headers['x-amz-checksum-sha256']) return 400;
      blobs.set(found.key, { bytes: Buffer.from(bytes), sha256 });
      return 200;
    },
    fetch(url) {
      const found = granted(url);
      if (found?.method !== 'GET') return { status: 403 };
      const blob = blobs.get(found.key);
      if (blob === undefined) return { status: 404 };
      return { status: 200, bytes: Buffer.from(blob.bytes), disposition: found.disposition };
    },
    place(key, bytes, { sha256 } = {}) {
      blobs.set(key, { bytes: Buffer.from(bytes), ...(sha256 !== undefined && { sha256 }) });
    },
    remove(key) {
      blobs.delete(key);
    },
  };
}
