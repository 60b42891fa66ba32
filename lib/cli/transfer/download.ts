/** Downloading an artifact into a file that gets its name only after the digest is verified. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FILE_NAME_BYTES } from '../../domain/file-name.ts';
import { isPermanent, storageFailure } from '../api/unreachable.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { atPath, isSystemError } from '../failure/system-error.ts';

/** The connection to the storage broke; a retry with a new URL can help. */
export class DownloadInterrupted extends Error {}

export interface Download {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly target: string;
}

/**
 * The partial file beside the target, which a later command resumes. The digest is in its name, so that it cannot be part
 * of other content.
 */
function partialOf({ digest, target }: Download): string {
  const end = `.${digest.slice('sha256:'.length).slice(0, 12)}.part`;
  // A character that the limit cuts is dropped.
  const room = FILE_NAME_BYTES - 1 - end.length;
  const name = Buffer.from(basename(target))
    .subarray(0, room)
    .toString('utf8')
    .replace(/\u{fffd}$/u, '');
  return join(dirname(target), `.${name}${end}`);
}

/** The size of the partial file of an earlier command. */
export function partialBytes(download: Download): number {
  return statSync(partialOf(download), { throwIfNoEntry: false })?.size ?? 0;
}

/** @param from the first byte to request */
async function open(url: string, from: number): Promise<{ body: Readable; from: number }> {
  const response = await fetch(url, from === 0 ? {} : { headers: { range: `bytes=${from}-` } }).catch(
    (error: unknown) => {
      if (isPermanent(error)) throw storageFailure(url, error);
      throw new DownloadInterrupted(error instanceof Error ? error.message : String(error));
    },
  );
  if (response.status >= 500)
    throw new DownloadInterrupted(`the storage responded with status ${response.status}`);
  if (!response.ok)
    throw new Failure(EXIT.unexpected, {
      code: 'download_refused',
      detail: `The storage refused the download with status ${response.status}.`,
      remedy: 'Run the command again; it requests a new download URL.',
    });
  const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
  // Status 200 for a range request means that the whole file follows (RFC 9110 section 14.2).
  return { body, from: response.status === 206 ? from : 0 };
}

/**
 * Appends to the partial file of an earlier command, if there is one, and renames the file when its digest is verified. A
 * wrong digest deletes the file; a broken connection keeps it.
 * @param onBytes gets the number of bytes in the file
 * @throws DownloadInterrupted | Failure (wrong digest)
 */
export async function fetchVerified(
  url: string,
  download: Download,
  onBytes: (count: number) => void,
): Promise<void> {
  const partial = partialOf(download);
  const existing = partialBytes(download);
  // A partial file of the full size or more is not a part: start again.
  const start = existing < download.sizeBytes ? existing : 0;
  const { body, from } = await open(url, start);
  const hash = createHash('sha256');
  if (from > 0) await pipeline(createReadStream(partial), hash, { end: false });
  await receive(body, partial, from, hash, onBytes);
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual === download.digest) {
    await rename(partial, download.target);
    return;
  }
  const { size } = statSync(partial);
  if (size < download.sizeBytes)
    throw new DownloadInterrupted(`received ${size} of ${download.sizeBytes} bytes`);
  rmSync(partial, { force: true });
  throw new Failure(EXIT.unexpected, {
    code: 'digest_mismatch',
    detail: `The downloaded content has the digest ${actual}, but the artifact has ${download.digest}.`,
    remedy:
      'The download was deleted. Run the command again. If the error persists, the stored file has been changed.',
  });
}

async function receive(
  body: Readable,
  partial: string,
  from: number,
  hash: Hash,
  onBytes: (count: number) => void,
): Promise<void> {
  let count = from;
  const watch = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      count += chunk.length;
      onBytes(count);
      done(null, chunk);
    },
  });
  body.once('error', (error) => watch.destroy(new DownloadInterrupted(error.message)));
  const file = createWriteStream(partial, { flags: from > 0 ? 'a' : 'w' });
  await pipeline(body, watch, file).catch((error: unknown) => {
    // fetch reports errors of the connection as a TypeError, so a system error is about the file.
    if (isSystemError(error)) throw atPath(error, partial);
    throw new DownloadInterrupted(error instanceof Error ? error.message : String(error));
  });
}
