/**
 * Signatures of the chunks of a signed `aws-chunked` body: each chunk signs its own hash and the signature before it,
 * the first one that of the request ("Signature calculations: transferring payload in multiple chunks" and "…
 * Including trailing headers", S3 API Reference).
 */
import { createHash, createHmac } from 'node:crypto';
import type { Cloud } from '../service.ts';
import type { ChunkObserver } from './chunked.ts';
import { s3Error } from './errors.ts';

const EMPTY_HASH = createHash('sha256').digest('hex');
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/(?<scope>(?<date>\d{8})\/(?<region>[^/]+)\/s3\/aws4_request),.*Signature=(?<seed>[0-9a-f]{64})/;

/** The signing key of Signature Version 4 for one day, region and service. */
export function signingKey(secret: string, date: string, region: string, service: string): Buffer {
  const day = createHmac('sha256', `AWS4${secret}`).update(date).digest();
  const place = createHmac('sha256', day).update(region).digest();
  const kind = createHmac('sha256', place).update(service).digest();
  return createHmac('sha256', kind).update('aws4_request').digest();
}

/** Checks a body's chunks in order. @throws SignatureDoesNotMatch at the first that is wrong */
export function chunkSignatures(
  accessKey: NonNullable<Cloud['accessKey']>,
  headers: Readonly<Record<string, string>>,
): ChunkObserver {
  const { key, scope, date, region, seed } = AUTHORIZATION.exec(headers.authorization ?? '')?.groups ?? {};
  const secret = accessKey(key ?? '', headers['x-amz-security-token'])?.secretAccessKey;
  if (!scope || !date || !region || !seed || secret === undefined) throw s3Error('SignatureDoesNotMatch');
  const secretKey = signingKey(secret, date, region, 's3');
  const sign = (kind: string, ...lines: string[]): string => {
    const text = [`AWS4-HMAC-SHA256-${kind}`, headers['x-amz-date'] ?? '', scope, ...lines].join('\n');
    return createHmac('sha256', secretKey).update(text).digest('hex');
  };
  let previous = seed;
  let hash = createHash('sha256');
  let trailers = '';
  let trailerSignature: string | undefined;
  return {
    data: (piece) => void hash.update(piece),
    endOfChunk: (signature) => {
      const expected = sign('PAYLOAD', previous, EMPTY_HASH, hash.digest('hex'));
      if (signature !== expected) throw s3Error('SignatureDoesNotMatch');
      previous = expected;
      hash = createHash('sha256');
    },
    trailer: (name, value) => {
      if (name === 'x-amz-trailer-signature') trailerSignature = value;
      else trailers += `${name}:${value}\n`;
    },
    end: () => {
      const expected = sign('TRAILER', previous, createHash('sha256').update(trailers).digest('hex'));
      if (trailers !== '' && trailerSignature !== expected) throw s3Error('SignatureDoesNotMatch');
    },
  };
}
