/** Uploading a file to a presigned URL, streamed from the disk. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Upload } from '../api/resources.ts';
import { isPermanent, storageFailure } from '../api/unreachable.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { isSystemError } from '../failure/system-error.ts';
import { type Range, readRange } from './digest.ts';

/** The connection to the storage broke; a retry with a new URL can help. */
export class UploadInterrupted extends Error {}

/** After one minute without a byte in either direction the connection is dead. */
const IDLE_TIMEOUT_MS = 60_000;

/**
 * @param range the part of the file
 * @param onSent gets the number of bytes sent so far
 * @throws UploadInterrupted | Failure (the storage refused the upload, or cannot be reached at all) | the error of reading the file
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
  request.setTimeout(IDLE_TIMEOUT_MS, () => request.destroy(new Error('the connection timed out')));
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
  // The storage can refuse before it has read everything: its response has more detail than the broken pipe.
  pipeline(file, count, request).catch((error: unknown) => {
    if (!request.destroyed) request.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const { status, body } = await answered
    .then(async (response) => ({ status: response.statusCode ?? 0, body: await text(response) }))
    .catch((error: unknown) => {
      if (isSystemError(unreadable)) throw unreadable;
      if (isPermanent(error)) throw storageFailure(upload.url, error);
      throw new UploadInterrupted(error instanceof Error ? error.message : String(error));
    });
  if (status >= 500) throw new UploadInterrupted(`the storage responded with status ${status}`);
  if (status >= 300) {
    // S3 error responses are XML with a Code and a Message (S3 API reference, "Error responses").
    const code = /<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? `status ${status}`;
    const message = /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? '';
    throw new Failure(EXIT.unexpected, {
      code: 'upload_refused',
      detail: `The storage refused the upload: ${code}${message && `: ${message}`}`,
      remedy: 'Run the command again; it requests a new upload URL.',
    });
  }
}
