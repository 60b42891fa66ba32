/** Fetching an artifact's bytes into a file that exists only when they are the right ones. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FILE_NAME_BYTES } from '../../domain/file-name.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { atPath, isSystemError } from '../system-error.ts';
import { isHopeless, storageFailure } from '../unreachable.ts';

/** The way from the storage broke: worth another try with a fresh URL. */
export class DownloadInterrupted extends Error {}

export interface Download {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly target: string;
}

/**
 * What has come so far, beside the target: a later command goes on with it. It has the digest in its name, so that it
 * cannot be part of other bytes.
 */
export function partialOf({ digest, target }: Download): string {
  const end = `.${digest.slice('sha256:'.length).slice(0, 12)}.part`;
  // A character that the limit cuts through is left out.
  const room = FILE_NAME_BYTES - 1 - end.length;
  const name = Buffer.from(basename(target))
    .subarray(0, room)
    .toString('utf8')
    .replace(/\u{fffd}$/u, '');
  return join(dirname(target), `.${name}${end}`);
}

/** How many bytes an earlier command left. */
export function bytesLeft(download: Download): number {
  return statSync(partialOf(download), { throwIfNoEntry: false })?.size ?? 0;
}

/** @param from the first byte that is asked for */
async function open(url: string, from: number): Promise<{ body: Readable; from: number }> {
  const response = await fetch(url, from === 0 ? {} : { headers: { range: `bytes=${from}-` } }).catch(
    (error: unknown) => {
      if (isHopeless(error)) throw storageFailure(url, error);
      throw new DownloadInterrupted(error instanceof Error ? error.message : String(error));
    },
  );
  if (response.status >= 500) throw new DownloadInterrupted(`the storage answered ${response.status}`);
  if (!response.ok)
    throw new Failure(EXIT.unexpected, {
      code: 'download_refused',
      detail: `The storage refused the download with status ${response.status}.`,
      remedy: 'Run the command again; it asks for a fresh URL.',
    });
  const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
  // 200 to a request for a range means that the whole comes (RFC 9110 section 14.2).
  return { body, from: response.status === 206 ? from : 0 };
}

/**
 * Streams the bytes to a temporary name beside the target, behind what an earlier command left there, and renames the
 * file when the digest of the whole is right. Other bytes leave nothing; a broken way leaves what came.
 * @param onBytes gets the bytes written so far
 * @throws DownloadInterrupted | Failure (other bytes than `digest` names)
 */
export async function fetchVerified(
  url: string,
  download: Download,
  onBytes: (count: number) => void,
): Promise<void> {
  const partial = partialOf(download);
  const left = bytesLeft(download);
  // As many or more can only be wrong or whole: the digest tells, and a wrong file is begun anew.
  const kept = left < download.sizeBytes ? left : 0;
  const { body, from } = await open(url, kept);
  const hash = createHash('sha256');
  if (from > 0) await pipeline(createReadStream(partial), hash, { end: false });
  await receive(body, partial, from, hash, onBytes);
  const found = `sha256:${hash.digest('hex')}`;
  if (found === download.digest) {
    await rename(partial, download.target);
    return;
  }
  const { size } = statSync(partial);
  if (size < download.sizeBytes) throw new DownloadInterrupted(`${size} of ${download.sizeBytes} bytes came`);
  rmSync(partial, { force: true });
  throw new Failure(EXIT.unexpected, {
    code: 'digest_mismatch',
    detail: `The bytes that came are not the artifact: their digest is ${found}, not ${download.digest}.`,
    remedy: 'Nothing was kept. Try again; if it keeps happening, somebody has changed the storage.',
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
    // Of the connection, fetch tells by a TypeError of its own; a call of the system is one on the file.
    if (isSystemError(error)) throw atPath(error, partial);
    throw new DownloadInterrupted(error instanceof Error ? error.message : String(error));
  });
}
