/** What makes two archives of the same files the same bytes, whoever packs them, when and where. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** 1980-01-01 00:00:00 UTC, the first moment that zip can write; tar gets the same. */
export const FIXED_SECONDS = 315_532_800;

/** zlib's default. Another level is another digest, so it is fixed here for every format. */
export const COMPRESSION_LEVEL = 6;

export interface FileToPack {
  /** In the archive, with forward slashes. */
  readonly name: string;
  /** On this machine. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
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

/** Writes a stream to a file and tells its digest. */
export async function writeDigested(bytes: NodeJS.ReadableStream, out: string): Promise<Written> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const digest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(bytes, digest, createWriteStream(out));
  return { sha256: hash.digest('hex'), sizeBytes };
}
