/**
 * The body encoding `aws-chunked` ("Signature calculations: transferring payload in multiple chunks", S3 API
 * Reference): `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n` repeated, a chunk of size 0, then trailer lines.
 */
import { s3Error } from './errors.ts';

/** A chunk's head is a size and a signature; 8 KiB is far above any and bounds what is kept in memory. */
const MAX_LINE = 8 * 1024;

/** Told about what the decoder meets, in order; signed encodings check signatures with it. */
export interface ChunkObserver {
  data(bytes: Buffer): void;
  /** The chunk's bytes are complete; also called for the last one, of size 0. */
  endOfChunk(signature: string | undefined): void;
  trailer(name: string, value: string): void;
  /** The whole body was read. */
  end(): void;
}

/** Yields the decoded bytes. @throws IncompleteBody, InvalidRequest */
export async function* decodeChunked(
  body: AsyncIterable<Buffer>,
  observer: ChunkObserver,
): AsyncGenerator<Buffer> {
  let state: 'head' | 'data' | 'data-end' | 'trailer' | 'done' = 'head';
  let line = '';
  let left = 0;
  let signature: string | undefined;
  for await (const chunk of body) {
    let at = 0;
    while (at < chunk.length && state !== 'done') {
      if (state === 'data') {
        const piece = chunk.subarray(at, at + left);
        at += piece.length;
        left -= piece.length;
        observer.data(piece);
        yield piece;
        if (left === 0) state = 'data-end';
        continue;
      }
      const newline = chunk.indexOf(10, at);
      line += chunk.toString('latin1', at, newline < 0 ? chunk.length : newline + 1);
      at = newline < 0 ? chunk.length : newline + 1;
      if (line.length > MAX_LINE)
        throw s3Error('InvalidRequest', 'A chunk of the body has an invalid header.');
      if (newline < 0) continue;
      const text = line.replace(/\r?\n$/, '');
      line = '';
      if (state === 'data-end') {
        if (text !== '') throw s3Error('IncompleteBody');
        observer.endOfChunk(signature);
        state = 'head';
      } else if (state === 'head') {
        [left, signature] = parseHead(text);
        state = left > 0 ? 'data' : 'trailer';
        if (left === 0) observer.endOfChunk(signature);
      } else if (text === '') {
        state = 'done';
      } else {
        const colon = text.indexOf(':');
        if (colon <= 0) throw s3Error('InvalidRequest', 'The body has a malformed trailer.');
        observer.trailer(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
      }
    }
  }
  // Some clients leave the empty line after the last trailer out.
  if (state !== 'done' && !(state === 'trailer' && line === '')) throw s3Error('IncompleteBody');
  observer.end();
}

function parseHead(text: string): [size: number, signature: string | undefined] {
  const match = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(text);
  if (match?.[1] === undefined) throw s3Error('InvalidRequest', 'A chunk of the body has an invalid header.');
  return [Number.parseInt(match[1], 16), match[2]];
}
