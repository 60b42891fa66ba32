/** The bytes that a request means, out of the bytes on the wire: plain, or `aws-chunked` with or without signatures. */
import type { Cloud } from '../service.ts';
import { assertWellFormed, type ChecksumAlgorithm, checksumHeader } from './checksum.ts';
import { chunkSignatures } from './chunk-signature.ts';
import { type ChunkObserver, decodeChunked } from './chunked.ts';
import { s3Error } from './errors.ts';
import type { S3Request } from './request.ts';

export interface Payload {
  /** The length that the request declares, decoded. */
  readonly length: number;
  /** Fails with IncompleteBody or SignatureDoesNotMatch while it is read (the gateway checks a signed SHA-256). */
  readonly bytes: AsyncIterable<Buffer>;
  /** The checksum's trailer, once `bytes` is read. @throws InvalidRequest when it did not come */
  trailer(algorithm: ChecksumAlgorithm): string;
}

/** @throws MissingContentLength when the request declares no length */
export function payload(cloud: Cloud, request: S3Request): Payload {
  const declared = request.headers['x-amz-content-sha256'] ?? '';
  const chunked = declared.startsWith('STREAMING-');
  const header = chunked ? 'x-amz-decoded-content-length' : 'content-length';
  const text = request.headers[header];
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw s3Error('MissingContentLength');
  const length = Number(text);
  // The stream must outlive an early end, or the client would see a reset instead of the error.
  const wire: AsyncIterable<Buffer> = {
    [Symbol.asyncIterator]: () => request.body.iterator({ destroyOnReturn: false }),
  };
  const trailers = new Map<string, string>();
  const bytes = chunked
    ? bounded(decodeChunked(wire, observer(cloud, request, declared, trailers)), length)
    : wire;
  return {
    length,
    bytes,
    trailer: (algorithm) => {
      const value = trailers.get(checksumHeader(algorithm));
      if (value === undefined)
        throw s3Error('InvalidRequest', `The trailer ${checksumHeader(algorithm)} is missing.`);
      assertWellFormed(algorithm, value);
      return value;
    },
  };
}

function observer(
  cloud: Cloud,
  request: S3Request,
  declared: string,
  trailers: Map<string, string>,
): ChunkObserver {
  const keep = (name: string, value: string) => void trailers.set(name, value);
  if (!declared.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')) {
    return { data: () => undefined, endOfChunk: () => undefined, trailer: keep, end: () => undefined };
  }
  const signatures = chunkSignatures((key, token) => cloud.accessKey?.(key, token), request.headers);
  return {
    data: (piece) => signatures.data(piece),
    endOfChunk: (signature) => signatures.endOfChunk(signature),
    trailer: (name, value) => {
      signatures.trailer(name, value);
      keep(name, value);
    },
    end: () => signatures.end(),
  };
}

/** No more is taken to disk than was announced. */
async function* bounded(source: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > length)
      throw s3Error('IncompleteBody', 'The request body is longer than x-amz-decoded-content-length.');
    yield chunk;
  }
}
