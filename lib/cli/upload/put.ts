/** Sending a file to a presigned URL: the very request that was signed, straight from the disk. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { Upload } from '../resources.ts';
import { isSystemError } from '../system-error.ts';
import { isHopeless, storageFailure } from '../unreachable.ts';
import { type Range, readRange } from './digest.ts';

/** The way to the storage broke: worth another try with a fresh URL. */
export class UploadInterrupted extends Error {}

/** One minute without a byte in either direction: a connection that is dead, not slow. */
const SILENCE_MS = 60_000;

/**
 * @param range what of the file is sent
 * @param onSent gets the bytes sent so far
 * @throws UploadInterrupted | Failure (the storage refused, or cannot be reached for good) | what reading the file threw
 */
export async function putFile(
  path: string,
  range: Range,
  upload: Upload,
  onSent: (sent: number) => void,
): Promise<void> {
  const request = (upload.url.startsWith('https:') ? httpsRequest : httpRequest)(upload.url, {
    method: upload.method,
    headers: { ...upload.headers, 'content-length': String(range.length) },
  });
  request.setTimeout(SILENCE_MS, () => request.destroy(new Error('the connection went silent')));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  let sent = 0;
  let unreadable: Error | undefined;
  const file = readRange(path, range).once('error', (error) => {
    unreadable = error;
  });
  const count = new Transform({
    transform: (chunk: Buffer, _, done) => {
      sent += chunk.length;
      onSent(sent);
      done(null, chunk);
    },
  });
  // A refusal may come before all is sent and break the sending: the answer says more than the broken pipe.
  pipeline(file, count, request).catch((error: unknown) => {
    if (!request.destroyed) request.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const { status, body } = await answered
    .then(async (response) => ({ status: response.statusCode ?? 0, body: await text(response) }))
    .catch((error: unknown) => {
      if (isSystemError(unreadable)) throw unreadable;
      if (isHopeless(error)) throw storageFailure(upload.url, error);
      throw new UploadInterrupted(error instanceof Error ? error.message : String(error));
    });
  if (status >= 500) throw new UploadInterrupted(`the storage answered ${status}`);
  if (status >= 300) {
    // S3 error responses are XML with a Code and a Message (S3 API reference, "Error responses").
    const code = /<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? `status ${status}`;
    const message = /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? '';
    throw new Failure(EXIT.unexpected, {
      code: 'upload_refused',
      detail: `The storage refused the upload: ${code}${message && `: ${message}`}`,
      remedy: 'Run the command again; it asks for a fresh upload.',
    });
  }
}
