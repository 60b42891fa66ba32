/** Where a reader stands in a log of many streams, and when it last looked at each: packed, and sealed as a cursor. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { StaitheError } from '../error.ts';
import type { Table } from '../ports/table.ts';
import { seal, unseal } from '../storage/seal.ts';

/** A reader's place in one stream. */
export interface Position {
  /** The log store's own cursor; absent at the stream's beginning. */
  readonly cursor?: string | undefined;
  /** Lines after it that were given already: a page of the store may be given in parts. */
  readonly skip: number;
  /** When it was last looked at, in milliseconds since the epoch, and how often in a row there was nothing. */
  readonly lookedAt: number;
  readonly quiet: number;
  /** The agent's last line was read (marks.ts). */
  readonly closed?: boolean;
}

/** By the key of the stream. */
export type Positions = ReadonlyMap<string, Position>;

export const START: Position = { skip: 0, lookedAt: 0, quiet: 0 };

/**
 * Column by column, as what is alike packs well: keys, what the store's cursors begin with and go on with, lines to skip,
 * how much later each was looked at than the one before, how often there was nothing, and the numbers of those that are
 * closed.
 */
const Encoded = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.array(z.int().min(0)),
  z.array(z.int()),
  z.array(z.int().min(0)),
  // Absent from cursors of an older version.
  z.array(z.int().min(0)).optional(),
]);
/** Neither keys nor cursors of CloudWatch Logs have blanks; an absent cursor is an empty one. */
const SEPARATOR = ' ';
/** Some 2,000 streams: far beyond what a run has, and little enough to be unpacked for anybody. */
const MAX_BYTES = 256 * 1024;

/**
 * Cursors of CloudWatch Logs are 56 digits each, and the beginnings are alike: packed, a run of 256 jobs fits in 9 KB,
 * and so in a request (docs: API Gateway, quotas of HTTP APIs: 10,240 bytes of request line and headers).
 */
export function encode(positions: Positions): Uint8Array {
  const all = [...positions.values()];
  const cursors = all.map(({ cursor }) => cursor ?? '');
  const prefix = commonPrefix(cursors.filter((cursor) => cursor !== ''));
  const columns: z.infer<typeof Encoded> = [
    [...positions.keys()].join(SEPARATOR),
    prefix,
    cursors.map((cursor) => cursor.slice(prefix.length)).join(SEPARATOR),
    all.map(({ skip }) => skip),
    all.map(({ lookedAt }, index) => lookedAt - (all[index - 1]?.lookedAt ?? 0)),
    all.map(({ quiet }) => quiet),
    all.flatMap(({ closed }, index) => (closed ? [index] : [])),
  ];
  return deflateRawSync(JSON.stringify(columns), { level: 9 });
}

/** Less than any of them as a whole, so that none has an empty rest. */
function commonPrefix([first = '', ...others]: readonly string[]): string {
  let length = first.length - 1;
  for (const other of others) {
    length = Math.min(length, other.length - 1);
    while (length > 0 && !other.startsWith(first.slice(0, length))) length -= 1;
  }
  return first.slice(0, Math.max(0, length));
}

/** @throws StaitheError invalid_cursor */
export function decode(packed: Uint8Array): Map<string, Position> {
  try {
    const text = inflateRawSync(packed, { maxOutputLength: MAX_BYTES }).toString();
    const [keys, prefix, cursors, skips, delays, quiets, closed = []] = Encoded.parse(JSON.parse(text));
    if (keys === '') return new Map();
    const rests = cursors.split(SEPARATOR);
    const ends = new Set(closed);
    let lookedAt = 0;
    return new Map(
      keys.split(SEPARATOR).map((key, index) => {
        lookedAt += delays[index] ?? 0;
        const rest = rests[index] ?? '';
        const at = { skip: skips[index] ?? 0, lookedAt, quiet: quiets[index] ?? 0 };
        return [
          key,
          { ...(rest !== '' && { cursor: prefix + rest }), ...at, ...(ends.has(index) && { closed: true }) },
        ];
      }),
    );
  } catch {
    throw refused();
  }
}

const refused = () => new StaitheError('invalid_cursor', 'The cursor does not belong to this log.');
const purposeOf = (log: string): string => `log ${log}`;

/** @param log what is read: a cursor of one log is of no use in another */
export function sealed(table: Table, log: string, positions: Positions): Promise<string> {
  return seal(table, purposeOf(log), encode(positions));
}

/** @throws StaitheError invalid_cursor */
export async function opened(
  table: Table,
  log: string,
  cursor: string | undefined,
): Promise<Map<string, Position>> {
  if (cursor === undefined) return new Map();
  const packed = await unseal(table, purposeOf(log), cursor);
  if (packed === undefined) throw refused();
  return decode(packed);
}
