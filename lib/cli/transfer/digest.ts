/** SHA-256 of files and of parts of them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A range of bytes of a file. */
export interface Range {
  readonly start: number;
  readonly length: number;
}

/** A stream of the range. The options of `createReadStream` cannot express an empty range. */
export function readRange(path: string, { start, length }: Range): Readable {
  return length === 0 ? Readable.from([]) : createReadStream(path, { start, end: start + length - 1 });
}

/** @param onBytes gets the number of bytes read so far @returns hex */
export async function sha256Of(
  path: string,
  range?: Range,
  onBytes: (count: number) => void = () => {},
): Promise<string> {
  const hash = createHash('sha256');
  let count = 0;
  const watch = new Transform({
    transform: (chunk: Buffer, _, done) => {
      count += chunk.length;
      onBytes(count);
      done(null, chunk);
    },
  });
  const bytes = range === undefined ? createReadStream(path) : readRange(path, range);
  await pipeline(bytes, watch, hash);
  return hash.digest('hex');
}
