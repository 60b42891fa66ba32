/** The last lines of a log. */
import type { LogStore, StoredLine } from '../ports/logs.ts';
import type { Position } from './cursor.ts';
import { asPrinted, isLast } from './marks.ts';
import { isShown, merged } from './page.ts';
import type { LogLine } from './schema.ts';
import { PAGE_MAX_BYTES, wireBytes } from './size.ts';
import { inTurn, MAX_LINES, storeAtLimit, type Time } from './store-limits.ts';
import type { LogStream } from './streams.ts';

/** CodeBuild speaks some 20 lines around a command: asked for on top, so that mostly one look is enough. */
const PLATFORM_LINES = 30;

interface End {
  readonly stream: LogStream;
  readonly lines: readonly StoredLine[];
  /** Behind the last line. */
  readonly position: Position;
}

/**
 * The last `count` lines of all streams, in order of time, and the places to read on from.
 * @throws StaitheError at_limit when the store does not answer for all of them
 */
export async function lastLines(
  logs: LogStore,
  streams: readonly LogStream[],
  { count, platform, time }: { count: number; platform: boolean; time: Time },
): Promise<{ items: LogLine[]; positions: Map<string, Position> }> {
  const found = await inTurn(
    logs,
    streams,
    (stream) => endOf(logs, stream, count, platform, time.now()),
    time,
  );
  const ends = found.filter((end) => end !== undefined);
  // The last lines of some are not the last lines.
  if (ends.length < streams.length) throw storeAtLimit();
  const kept = ends
    .flatMap(({ stream, lines }) => lines.map((line) => ({ stream, line })))
    .sort((a, b) => a.line.timestamp - b.line.timestamp)
    .slice(-count);
  const fitting = kept.slice(beginningOfFitting(kept.map(({ line }) => line)));
  return {
    items: merged(fitting.map(({ stream, line }) => ({ stream, lines: [line] }))),
    positions: new Map(ends.map(({ stream, position }) => [stream.key, position])),
  };
}

async function endOf(
  logs: LogStore,
  stream: LogStream,
  count: number,
  platform: boolean,
  now: number,
): Promise<End> {
  const limit = Math.min(MAX_LINES, count + (platform ? 0 : PLATFORM_LINES));
  let page = await logs.readBack(stream.name, { limit });
  const closed = page.lines.some(isLast) && { closed: true };
  const position = { cursor: page.cursor, skip: 0, lookedAt: now, quiet: 0, ...closed };
  let lines = page.lines.filter((line) => isShown(line, platform));
  while (asPrinted(lines).length < count && page.before !== undefined) {
    page = await logs.readBack(stream.name, { before: page.before, limit });
    lines = [...page.lines.filter((line) => isShown(line, platform)), ...lines];
  }
  return { stream, lines: asPrinted(lines).slice(-count), position };
}

/** Where the last lines begin that fit into one answer. */
function beginningOfFitting(lines: readonly StoredLine[]): number {
  let bytes = 0;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    bytes += wireBytes(lines[index] ?? { timestamp: 0, message: '' });
    if (bytes > PAGE_MAX_BYTES) return index + 1;
  }
  return 0;
}
