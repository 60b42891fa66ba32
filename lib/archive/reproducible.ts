/** What makes two archives of the same files the same bytes, whoever packs them, when and where. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArchiveError, quoted } from './error.ts';

/** 1980-01-01 00:00:00 UTC, the first moment that zip can write; tar gets the same. */
export const FIXED_SECONDS = 315_532_800;

/** zlib's default. Another level is another digest, so it is fixed here for every format. */
export const COMPRESSION_LEVEL = 6;

export interface FileToPack {
  /** In the archive, with forward slashes. */
  readonly name: string;
  /** On this machine; of an unnameable one, which nobody opens, its name in ASCII with other bytes as `\xe9`. */
  readonly path: string;
  /** `unnameable`: its name, or its target's, is not UTF-8. */
  readonly kind: 'file' | 'folder' | 'link' | 'unnameable';
  readonly executable: boolean;
  readonly size: number;
  /** Where a link leads. */
  readonly target: string;
}

/** By UTF-16 code unit: independent of locale and of the order in which a file system lists. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

export interface Written {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Writes a stream to a file and tells its digest.
 * @param maxBytes ends it as soon as there are more @throws ArchiveError too_large
 */
export async function writeDigested(
  bytes: NodeJS.ReadableStream,
  out: string,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Written> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const digest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) return done(overLimit(maxBytes));
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(bytes, digest, createWriteStream(out));
  return { sha256: hash.digest('hex'), sizeBytes };
}

const overLimit = (maxBytes: number): ArchiveError =>
  new ArchiveError('too_large', `The archive has more than ${Math.floor(maxBytes / 1024 ** 2)} MiB packed.`);

/** The bytes of a file, as many as were announced. @throws ArchiveError when it has changed since */
export async function* contentOf(file: FileToPack): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of createReadStream(file.path, { highWaterMark: 256 * 1024 })) {
    const bytes: Buffer = chunk;
    read += bytes.length;
    if (read > file.size) break;
    yield bytes;
  }
  if (read !== file.size)
    throw new ArchiveError(
      'not_an_archive',
      `${quoted(file.name)} changed while it was packed. Try again when nothing writes to it.`,
      file.name,
    );
}
