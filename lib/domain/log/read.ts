/** One look at the streams of a log: what is new in them, shared out fairly. */
import type { LogStore, StoredLine } from '../ports/logs.ts';
import { type Position, type Positions, START } from './cursor.ts';
import { isLast } from './marks.ts';
import { inTurn, MAX_LINES, type Time } from './store-limits.ts';
import type { LogStream } from './streams.ts';

/** What a look found in one stream. */
export interface Part {
  readonly stream: LogStream;
  readonly lines: readonly StoredLine[];
  /** There are more lines behind these. */
  readonly more: boolean;
  /** The reader's place when it takes this many of the lines. */
  readonly after: (taken: number) => Position;
}

/** A page with so many bytes was ended by its size: one line more, of at most 256 KB, may not have fitted into 1 MB. */
const FULL_BYTES = (1024 - 256) * 1024;

/**
 * Looks at streams. Each has an equal share of the limit; what one leaves unused goes to those that have more. So a
 * stream that floods takes what is left over, and nothing of the others.
 * A stream that the store would not answer for, being asked too often, has nothing new yet.
 * @param limit lines in all; at least one of each stream is read
 */
export async function readStreams(
  logs: LogStore,
  streams: readonly LogStream[],
  positions: Positions,
  limit: number,
  time: Time,
): Promise<Part[]> {
  const parts = new Map<LogStream, Part>();
  const from = (stream: LogStream) => positions.get(stream.key) ?? START;
  let hungry = streams;
  // Each round gives away at least half of what is left, or finds the streams at their ends.
  for (let left = limit; hungry.length > 0 && left > 0; ) {
    const share = Math.max(1, Math.floor(left / hungry.length));
    const found = await inTurn(logs, hungry, ask, time);
    hungry = hungry.filter((_, index) => found[index]?.more);
    async function ask(stream: LogStream): Promise<Part> {
      const before = parts.get(stream);
      const position = before?.after(before.lines.length) ?? from(stream);
      const part = await readOn(logs, stream, position, share, time.now());
      left -= part.lines.length;
      parts.set(stream, before === undefined ? part : joined(before, part));
      return part;
    }
    if (left < hungry.length) break;
  }
  return streams.map((stream) => parts.get(stream) ?? unanswered(stream, from(stream), time.now()));
}

/** Whether the store was asked too often to answer: of a stream that was looked at, there is nothing and yet more. */
export const isUnanswered = ({ lines, more }: Part): boolean => lines.length === 0 && more;

function unanswered(stream: LogStream, from: Position, lookedAt: number): Part {
  return { stream, lines: [], more: true, after: () => ({ ...from, lookedAt, quiet: from.quiet + 1 }) };
}

async function readOn(
  logs: LogStore,
  stream: LogStream,
  from: Position,
  limit: number,
  now: number,
): Promise<Part> {
  let { cursor, skip } = from;
  for (;;) {
    const asked = Math.min(MAX_LINES, skip + limit);
    const page = await logs.read(stream.name, { ...(cursor !== undefined && { cursor }), limit: asked });
    const lines = page.lines.slice(skip);
    const atEnd = page.lines.length === 0 || page.cursor === undefined;
    if (lines.length > 0 || atEnd) {
      const look = { lookedAt: now, quiet: lines.length === 0 ? from.quiet + 1 : 0 };
      const closed = (taken: number) =>
        from.closed || lines.slice(0, taken).some(isLast) ? { closed: true } : {};
      const position = { cursor, skip };
      const end = {
        cursor: page.cursor ?? cursor,
        skip: page.cursor === undefined ? page.lines.length : page.lines.length === 0 ? skip : 0,
      };
      return {
        stream,
        lines,
        more: page.lines.length >= asked || bytesOf(page.lines) > FULL_BYTES,
        after: (taken) => ({
          ...(taken === lines.length ? end : { ...position, skip: position.skip + taken }),
          ...look,
          ...closed(taken),
        }),
      };
    }
    skip -= page.lines.length;
    cursor = page.cursor;
  }
}

function bytesOf(lines: readonly StoredLine[]): number {
  return lines.reduce((bytes, line) => bytes + Buffer.byteLength(line.message), 0);
}

function joined(first: Part, second: Part): Part {
  const count = first.lines.length;
  return {
    stream: first.stream,
    lines: [...first.lines, ...second.lines],
    more: second.more,
    after: (taken) => (taken <= count ? first.after(taken) : second.after(taken - count)),
  };
}
