/** Stored bytes in memory. A presigned request is bound as S3 binds it: to method, key, time and signed headers. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { attachment } from '../../lib/domain/artifact/disposition.ts';
import type { Blobs } from '../../lib/domain/ports/blobs.ts';
import type { Clock } from '../../lib/domain/ports/index.ts';
import type { PresignedUpload } from '../../lib/domain/upload.ts';
import { memoryMultipart } from './multipart.ts';

interface StoredBlob {
  readonly bytes: Buffer;
  readonly sha256?: string;
  readonly version: string;
}

export interface MemoryBlobs extends Blobs {
  /** Sends bytes to a presigned upload. @returns the status that S3 answers with: 200, 400, 403 or 404 */
  put(url: string, headers: Readonly<Record<string, string>>, bytes: Uint8Array): number;
  /** Follows a presigned download. */
  fetch(url: string): { status: number; bytes?: Buffer; headers?: Readonly<Record<string, string>> };
  /** Puts bytes in place, as an uploader would who is not this system. */
  place(key: string, bytes: Uint8Array, options?: { sha256?: string }): void;
  /** Whether there are bytes now. */
  has(key: string): boolean;
  /** Of all that there is now. */
  keys(): string[];
}

/** What a presigned request may do. `accept` stores the bytes of a PUT and gives the status. */
type Grant = { readonly expires: number } & (
  | {
      readonly method: 'PUT';
      readonly headers: Readonly<Record<string, string>>;
      readonly accept: (bytes: Buffer, sha256: string) => number;
    }
  | {
      readonly method: 'GET';
      readonly key: string;
      readonly disposition: string;
      readonly contentType: string;
    }
);

const hexDigest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const base64Of = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

export function memoryBlobs(clock: Clock): MemoryBlobs {
  const blobs = new Map<string, StoredBlob>();
  const versions = new Map<string, StoredBlob>();
  const grants = new Map<string, Grant>();
  const keep = (key: string, bytes: Uint8Array, sha256?: string) => {
    const version = `v${versions.size + 1}`;
    const blob = { bytes: Buffer.from(bytes), version, ...(sha256 !== undefined && { sha256 }) };
    blobs.set(key, blob);
    versions.set(`${key}?${version}`, blob);
  };
  const find = (key: string, version?: string): StoredBlob => {
    const blob = version === undefined ? blobs.get(key) : versions.get(`${key}?${version}`);
    if (blob === undefined) throw new Error(`NoSuchKey: there are no bytes at ${key}.`);
    return blob;
  };
  const grant = (key: string, given: Grant): string => {
    const url = `https://bytes.invalid/${key}?grant=${grants.size + 1}`;
    grants.set(url, given);
    return url;
  };
  const expiry = (seconds: number): number => clock.now().getTime() + seconds * 1000;
  const granted = (url: string): Grant | undefined => {
    const found = grants.get(url);
    return found !== undefined && clock.now().getTime() < found.expires ? found : undefined;
  };
  /** A PUT with these headers, of which those that are undefined are left open. */
  const grantPut = (
    key: string,
    expiresSeconds: number,
    bound: Readonly<Record<string, string | undefined>>,
    accept: (bytes: Buffer, sha256: string) => number,
  ): PresignedUpload => {
    const headers = Object.fromEntries(
      Object.entries(bound).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    const expires = expiry(expiresSeconds);
    const url = grant(key, { method: 'PUT', headers, expires, accept });
    return { method: 'PUT', url, headers, expires_at: new Date(expires).toISOString() };
  };
  const sendTo = (url: string, headers: Readonly<Record<string, string>>, bytes: Uint8Array): number => {
    const found = granted(url);
    if (found?.method !== 'PUT') return 403;
    const sent = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    sent.set('content-length', String(bytes.length)); // what HTTP itself would send
    if (Object.entries(found.headers).some(([name, value]) => sent.get(name) !== value)) return 403;
    // S3 refuses headers of its own that are not signed; others it takes.
    if ([...sent.keys()].some((name) => name.startsWith('x-amz-') && !(name in found.headers))) return 403;
    const sha256 = hexDigest(bytes);
    const declared = found.headers['x-amz-checksum-sha256'];
    if (declared !== undefined && base64Of(sha256) !== declared) return 400;
    return found.accept(Buffer.from(bytes), sha256);
  };
  return {
    ...memoryMultipart(
      (key, bytes) => keep(key, bytes),
      (part, accept) =>
        grantPut(
          part.key,
          part.expiresSeconds,
          { 'content-length': String(part.sizeBytes), 'x-amz-checksum-sha256': base64Of(part.sha256) },
          accept,
        ),
    ),
    async presignUpload({ key, sha256, sizeBytes, contentType, expiresSeconds }) {
      const headers = {
        'content-type': contentType,
        'content-length': sizeBytes === undefined ? undefined : String(sizeBytes),
        'x-amz-checksum-sha256': sha256 === undefined ? undefined : base64Of(sha256),
      };
      return grantPut(key, expiresSeconds, headers, (bytes, found) => {
        keep(key, bytes, sha256 === undefined ? undefined : found);
        return 200;
      });
    },
    async presignDownload({ key, fileName, contentType, expiresSeconds }) {
      const disposition = attachment(fileName);
      return grant(key, { method: 'GET', key, disposition, contentType, expires: expiry(expiresSeconds) });
    },
    async head(key) {
      const blob = blobs.get(key);
      if (blob === undefined) return undefined;
      const { bytes, sha256, version } = blob;
      return { size_bytes: bytes.length, version, ...(sha256 !== undefined && { sha256 }) };
    },
    async read(key, version) {
      return Readable.from([find(key, version).bytes]);
    },
    async storeFile({ key, file, sha256, sizeBytes }) {
      const bytes = await readFile(file);
      if (bytes.length !== sizeBytes || hexDigest(bytes) !== sha256)
        throw new Error(`BadDigest: ${file} does not hold the declared bytes.`);
      keep(key, bytes, sha256);
    },
    async storeBytes({ key, bytes, sha256 }) {
      if (hexDigest(bytes) !== sha256) throw new Error('BadDigest: these are not the declared bytes.');
      keep(key, bytes, sha256);
    },
    put: sendTo,
    async copy({ from, version, to }) {
      const { bytes } = find(from, version);
      keep(to, bytes, hexDigest(bytes));
    },
    async remove(key) {
      blobs.delete(key);
    },
    async removeAll(prefix) {
      for (const key of blobs.keys()) if (key.startsWith(prefix)) blobs.delete(key);
    },
    keys: () => [...blobs.keys()],
    fetch(url) {
      const found = granted(url);
      if (found?.method !== 'GET') return { status: 403 };
      const blob = blobs.get(found.key);
      if (blob === undefined) return { status: 404 };
      const headers = { 'content-disposition': found.disposition, 'content-type': found.contentType };
      return { status: 200, bytes: Buffer.from(blob.bytes), headers };
    },
    place: (key, bytes, { sha256 } = {}) => keep(key, bytes, sha256),
    has: (key) => blobs.has(key),
  };
}
