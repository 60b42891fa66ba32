/** Fetching an artifact's bytes into a file that exists only when they are the right ones. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';

/** The way from the storage broke: worth another try with a fresh URL. */
export class DownloadInterrupted extends Error {}

/** `sha256:` and the hex digits of a file's bytes. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}

async function open(url: string): Promise<Readable> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new DownloadInterrupted(error instanceof Error ? error.message : String(error));
  });
  if (response.status >= 500) throw new DownloadInterrupted(`the storage answered ${response.status}`);
  if (!response.ok)
    throw new Failure(EXIT.unexpected, {
      code: 'download_refused',
      detail: `The storage refused the download with status ${response.status}.`,
      remedy: 'Run the command again; it asks for a fresh URL.',
    });
  return response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
}

/**
 * Streams the bytes to a temporary name beside `target`, digests them on the way, and renames the file when the
 * digest is right; otherwise nothing is left.
 * @param onBytes gets the bytes written so far
 * @throws DownloadInterrupted | Failure (other bytes than `digest` names)
 */
export async function fetchVerified(
  url: string,
  digest: string,
  target: string,
  onBytes: (count: number) => void,
): Promise<void> {
  const partial = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`);
  const remove = () => rmSync(partial, { force: true });
  // An interrupt ends the process without coming back here.
  process.once('exit', remove);
  const hash = createHash('sha256');
  let count = 0;
  const watch = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      count += chunk.length;
      onBytes(count);
      done(null, chunk);
    },
  });
  try {
    const body = await open(url);
    body.once('error', (error) => watch.destroy(new DownloadInterrupted(error.message)));
    await pipeline(body, watch, createWriteStream(partial, { flags: 'wx' })).catch((error: unknown) => {
      const ours = error instanceof Error && 'syscall' in error && 'path' in error;
      throw ours ? error : new DownloadInterrupted(error instanceof Error ? error.message : String(error));
    });
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== digest)
      throw new Failure(EXIT.unexpected, {
        code: 'digest_mismatch',
        detail: `The bytes that came are not the artifact: their digest is ${found}, not ${digest}.`,
        remedy: 'Nothing was kept. Try again; if it stays, somebody has changed the storage.',
      });
    await rename(partial, target);
  } finally {
    remove();
    process.off('exit', remove);
  }
}
