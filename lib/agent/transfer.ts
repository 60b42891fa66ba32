/** Presigned downloads and uploads, streamed between disk and storage. On node:http, as fetch cannot send a file with a length. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Storage answered, but not with the bytes. */
export class TransferError extends Error {
  readonly status: number;
  constructor(status: number, answer: string) {
    super(`Storage answered ${status}: ${answer.slice(0, 300)}`);
    this.name = 'TransferError';
    this.status = status;
  }
}

/** The bytes that came are not those that were announced. */
export class WrongBytesError extends Error {}

/** A connection on which nothing moves for a minute is dead; S3 itself closes such after 20 seconds. */
const IDLE_MS = 60_000;

const requestOf = (url: string) => (url.startsWith('https:') ? httpsRequest : httpRequest);

/** @returns the digest and length of what came @throws TransferError, WrongBytesError, or a network error */
export async function download(
  url: string,
  file: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ sha256: string; sizeBytes: number }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = requestOf(url)(url, { signal, timeout: IDLE_MS }, resolve);
    request.on('timeout', () => request.destroy(new Error('Storage sent nothing for a minute.')));
    request.on('error', reject);
    request.end();
  });
  if (response.statusCode !== 200) throw new TransferError(response.statusCode ?? 0, await textOf(response));
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const digest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      // More than was announced is not the source, and must not fill the disk.
      done(
        sizeBytes > maxBytes ? new WrongBytesError(`more than the ${maxBytes} bytes announced came`) : null,
        chunk,
      );
    },
  });
  await pipeline(response, digest, createWriteStream(file), { signal });
  return { sha256: hash.digest('hex'), sizeBytes };
}

export interface Upload {
  readonly method: 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends a file with exactly the headers that were signed, and its length. @throws TransferError, or a network error */
export async function upload(
  target: Upload,
  file: string,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const headers = { 'content-length': String(sizeBytes), ...lowerCase(target.headers) };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = requestOf(target.url)(target.url, {
      method: target.method,
      headers,
      signal,
      timeout: IDLE_MS,
    });
    request.on('response', resolve);
    request.on('timeout', () => request.destroy(new Error('Storage took nothing for a minute.')));
    request.on('error', reject);
    // An early answer (403, 503) closes the connection under the file; the answer is what matters then.
    pipeline(createReadStream(file), request).catch((error: unknown) => request.destroyed || reject(error));
  });
  const answer = await textOf(response);
  if (response.statusCode !== 200) throw new TransferError(response.statusCode ?? 0, answer);
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) if (chunks.length < 16) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Whether another try of a transfer can help: not when storage has refused this very request. */
export function isTransient(error: unknown): boolean {
  if (error instanceof TransferError)
    return error.status >= 500 || error.status === 429 || error.status === 408;
  return error instanceof Error && error.name !== 'AbortError';
}
