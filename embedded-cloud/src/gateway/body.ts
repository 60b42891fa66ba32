/** Request bodies: read whole for small protocols, streamed for S3, and drained before an error is answered. */
import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { AwsError } from '../service.ts';

/** Largest request of any service but S3: DynamoDB's and EventBridge's limit is 16 MB, Lambda's 6 MB. */
const BUFFER_LIMIT = 16 * 1024 * 1024;

/** As much of a refused body is read as goes over loopback in a moment; a client that sends more sees a reset. */
const DRAIN_LIMIT = 64 * 1024 * 1024;

const EMPTY = Buffer.alloc(0);

export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** @throws AwsError `RequestEntityTooLargeException` beyond 16 MiB */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (!hasBody(request)) return EMPTY;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BUFFER_LIMIT) {
      throw new AwsError(
        'RequestEntityTooLargeException',
        `The request is larger than ${BUFFER_LIMIT} bytes.`,
        413,
      );
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/**
 * The body as a stream of its own, so that a service that destroys it on an error does not close the connection before
 * the answer is out.
 * @param sha256 hex; the stream fails with `XAmzContentSHA256Mismatch` at its end when the body's hash is another one
 */
export function streamBody(request: IncomingMessage, sha256: string | undefined): Readable {
  if (!hasBody(request) && sha256 === undefined) return Readable.from([]);
  const body = new CheckedBody(sha256);
  request.on('close', () => {
    if (!request.complete) body.destroy(new AwsError('IncompleteBody', 'The client closed the connection.'));
  });
  // Who reads the body sees its error; a service that has already refused the call does not, and must not crash by it.
  body.on('error', () => {});
  return request.pipe(body);
}

class CheckedBody extends Transform {
  readonly #expected: string | undefined;
  readonly #hash: Hash | undefined;

  constructor(sha256: string | undefined) {
    super();
    this.#expected = sha256;
    this.#hash = sha256 === undefined ? undefined : createHash('sha256');
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash?.update(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const actual = this.#hash?.digest('hex');
    done(actual === this.#expected ? null : contentMismatch(this.#expected, actual));
  }
}

function contentMismatch(expected: string | undefined, actual: string | undefined): AwsError {
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  const members = { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: actual };
  return new AwsError('XAmzContentSHA256Mismatch', message, 400, members);
}

/**
 * Reads the rest of a body and throws it away: a client that is still sending when the answer comes sees a reset
 * connection instead of the answer.
 * @returns false when the body was not read to its end, so that the connection has to be closed
 */
export async function drain(request: IncomingMessage): Promise<boolean> {
  if (request.destroyed && !request.complete) return false;
  if (request.readableEnded || request.complete || !hasBody(request)) {
    request.unpipe();
    request.resume();
    return true;
  }
  return new Promise((resolve) => {
    let left = DRAIN_LIMIT;
    request.unpipe();
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) {
        request.pause();
        resolve(false);
      }
    });
    request.on('end', () => resolve(true));
    request.on('close', () => resolve(false));
    request.resume();
  });
}
