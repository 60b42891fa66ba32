/** Where a reader stands in a log of many streams, and when it last looked at each: all of it in an opaque text. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { StaitheError } from '../error.ts';

/** A reader's place in one stream. */
export interface Position {
  /** The log store's own cursor; absent at the stream's beginning. */
  readonly cursor?: string | undefined;
  /** Lines after it that were given already: a page of the store may be given in parts. */
  readonly skip: number;
  /** When it was last looked at, in milliseconds since the epoch, and how often in a row there was nothing. */
  readonly lookedAt: number;
  readonly quiet: number;
}

/** By the key of the stream. */
export type Positions = ReadonlyMap<string, Position>;

export const START: Position = { skip: 0, lookedAt: 0, quiet: 0 };

const Encoded = z.record(
  z.string(),
  z.tuple([z.string().nullable(), z.int().min(0), z.int().min(0), z.int().min(0)]),
);
/** Some 2,000 streams: far beyond what a run has, and little enough to be unpacked for anybody. */
const MAX_BYTES = 256 * 1024;

/** Cursors of CloudWatch Logs are 56 digits each, and the beginnings are alike: packed, a run of 50 jobs fits in 3 KB. */
export function encode(positions: Positions): string {
  const entries = [...positions].map(([key, at]) => [
    key,
    [at.cursor ?? null, at.skip, at.lookedAt, at.quiet],
  ]);
  return deflateRawSync(JSON.stringify(Object.fromEntries(entries))).toString('base64url');
}

/** @throws StaitheError invalid_cursor */
export function decode(cursor: string | undefined): Map<string, Position> {
  if (cursor === undefined) return new Map();
  try {
    const text = inflateRawSync(Buffer.from(cursor, 'base64url'), { maxOutputLength: MAX_BYTES }).toString();
    const entries = Object.entries(Encoded.parse(JSON.parse(text)));
    return new Map(
      entries.map(([key, [at, skip, lookedAt, quiet]]) => [
        key,
        { ...(at !== null && { cursor: at }), skip, lookedAt, quiet },
      ]),
    );
  } catch {
    throw new StaitheError('invalid_cursor', 'The cursor is not one that this log gave.');
  }
}
