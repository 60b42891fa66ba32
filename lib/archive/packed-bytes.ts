/** Where an archive's bytes come from: a file, a stream or memory; and how gzip is taken off them. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ArchiveError, systemCodeOf } from './error.ts';
import type { Budget } from './limits.ts';

/** A file's path, a stream, or the bytes themselves. */
export type PackedBytes = string | Readable | Buffer;

function streamOf(packed: PackedBytes): Readable {
  if (typeof packed === 'string') return createReadStream(packed, { highWaterMark: 256 * 1024 });
  return Buffer.isBuffer(packed) ? Readable.from([packed], { objectMode: false }) : packed;
}

/** What is not compressed, counted as `gunzipped` counts. @throws ArchiveError too_large */
export async function* notPacked(packed: PackedBytes, budget: Budget): AsyncGenerator<Buffer> {
  for await (const chunk of streamOf(packed)) {
    const bytes: Buffer = chunk;
    budget.packedBytes += bytes.length;
    budget.countBytes(bytes.length);
    yield bytes;
  }
}

/** Takes gzip off. Both sides are counted, so a bomb is refused while it unpacks. @throws ArchiveError not_an_archive, ratio, too_large */
export async function* gunzipped(packed: PackedBytes, budget: Budget): AsyncGenerator<Buffer> {
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      budget.packedBytes += chunk.length;
      done(null, chunk);
    },
  });
  const source = streamOf(packed);
  const gunzip = createGunzip();
  let failure: unknown;
  const flowing = pipeline(source, count, gunzip).catch((error: unknown) => {
    failure = error;
  });
  try {
    for await (const chunk of gunzip) {
      const bytes: Buffer = chunk;
      budget.countBytes(bytes.length);
      yield bytes;
    }
  } catch (error) {
    throw damagedGzip(error);
  } finally {
    // Reading may stop early, on purpose: then nothing may stay open.
    source.destroy();
    gunzip.destroy();
    await flowing;
  }
  if (failure !== undefined) throw damagedGzip(failure);
}

function damagedGzip(error: unknown): unknown {
  const code = systemCodeOf(error);
  if (!code.startsWith('Z_')) return error;
  const why = error instanceof Error ? error.message : code;
  return new ArchiveError('not_an_archive', `This is not a gzip file, or it is damaged: ${why}.`);
}

/** Zip's index stands at the end, so a stream goes to a file first. The file is removed after `use`. */
export async function withSeekable<Result>(
  packed: PackedBytes,
  use: (file: string | Buffer) => Promise<Result>,
): Promise<Result> {
  if (!(packed instanceof Readable)) return use(packed);
  const folder = await mkdtemp(join(tmpdir(), 'staithe-zip-'));
  try {
    const file = join(folder, 'archive.zip');
    await pipeline(packed, createWriteStream(file));
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
