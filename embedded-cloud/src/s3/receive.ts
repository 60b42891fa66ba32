/**
 * Takes a request's body into a file: decodes it, hashes it on the way, and lets it stand only when length, MD5,
 * SHA-256 and checksum are what the request said.
 */
import { createHash } from 'node:crypto';
import type { Piece } from './blobs.ts';
import {
  assertChecksum,
  base64,
  type Checksum,
  type ChecksumAlgorithm,
  declaredChecksum,
  hasher,
} from './checksum.ts';
import { s3Error } from './errors.ts';
import { type Payload, payload } from './payload.ts';
import type { S3Request } from './request.ts';
import type { S3State } from './state.ts';
import { readXml, type XmlElement } from './xml.ts';

/** One PutObject or UploadPart takes at most 5 GiB ("Amazon S3 multipart upload limits"). */
export const MAX_PUT = 5 * 1024 ** 3;

export interface Received extends Piece {
  /** Hexadecimal. */
  readonly md5: string;
  readonly checksum: Checksum | undefined;
}

/**
 * @param fallback the algorithm of the checksum that is made when the request brings none
 * @throws MissingContentLength, EntityTooLarge, IncompleteBody, InvalidDigest, BadDigest
 */
export async function receive(
  state: S3State,
  request: S3Request,
  fallback: ChecksumAlgorithm | undefined,
): Promise<Received> {
  const declared = declaredDigests(request).checksum;
  const body = payload(state.cloud, request);
  if (body.length > MAX_PUT) {
    throw s3Error('EntityTooLarge', undefined, {
      ProposedSize: String(body.length),
      MaxSizeAllowed: String(MAX_PUT),
    });
  }
  const hashed = hashing(body.bytes, declared?.algorithm ?? fallback);
  const piece = await state.blobs.write(hashed.bytes);
  try {
    if (piece.size !== body.length) throw s3Error('IncompleteBody');
    const actual = await hashed.result();
    assertDigests(request, body, actual);
    return { ...piece, ...actual };
  } catch (error) {
    state.blobs.remove([piece.file]);
    throw error;
  }
}

/** Reads a small XML body whole and checks it like an object's. @throws MalformedXML, BadDigest */
export async function receiveXml(state: S3State, request: S3Request, root: string): Promise<XmlElement> {
  const body = payload(state.cloud, request);
  const hashed = hashing(body.bytes, declaredDigests(request).checksum?.algorithm);
  const document = await readXml(hashed.bytes, root);
  assertDigests(request, body, await hashed.result());
  return document;
}

interface Digests {
  readonly md5: string;
  readonly checksum: Checksum | undefined;
}

function declaredDigests({ headers }: S3Request) {
  return { md5: declaredMd5(headers), checksum: declaredChecksum(headers) };
}

/** @throws BadDigest unless the body is what the request said */
function assertDigests(request: S3Request, body: Payload, actual: Digests): void {
  const { md5, checksum } = declaredDigests(request);
  if (md5 !== undefined && md5 !== actual.md5) {
    throw s3Error('BadDigest', undefined, { ExpectedDigest: md5, CalculatedDigest: actual.md5 });
  }
  if (checksum !== undefined && actual.checksum !== undefined) {
    assertChecksum(
      checksum.algorithm,
      checksum.value ?? body.trailer(checksum.algorithm),
      actual.checksum.value,
    );
  }
}

/** Passes `source` on and hashes it. MD5 always, as it is the ETag. */
export function hashing(
  source: AsyncIterable<Buffer>,
  algorithm: ChecksumAlgorithm | undefined,
): { bytes: AsyncIterable<Buffer>; result: () => Promise<Digests> } {
  const md5 = createHash('md5');
  const other = algorithm === undefined ? undefined : hasher(algorithm);
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      md5.update(chunk);
      other?.update(chunk);
      yield chunk;
    }
  }
  const result = async () => ({
    md5: md5.digest('hex'),
    checksum:
      algorithm === undefined || other === undefined
        ? undefined
        : { algorithm, value: base64(await other.digest()), type: 'FULL_OBJECT' as const },
  });
  return { bytes: bytes(), result };
}

/** Content-MD5 in hexadecimal (RFC 1864 has it in base64). */
function declaredMd5(headers: Readonly<Record<string, string>>): string | undefined {
  const value = headers['content-md5'];
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== value) throw s3Error('InvalidDigest');
  return bytes.toString('hex');
}
