/** Reading a log, and waiting for more: the long poll of `--follow`. */
import type { Ports } from '../ports/index.ts';
import { NOT_RUN } from './absence.ts';
import { arrival, isAwaited } from './arrival.ts';
import { opened, type Positions, START, sealed } from './cursor.ts';
import { pageOf } from './page.ts';
import { isUnanswered, readStreams } from './read.ts';
import type { LogPage } from './schema.ts';
import { paceOf, sleep, storeAtLimit, timeOf } from './store-limits.ts';
import type { LogSource, LogStream } from './streams.ts';
import { lastLines } from './tail.ts';

export interface ReadOptions {
  /** Names the log, for its cursors: a build or a job, and the run that was asked for. */
  readonly log: string;
  readonly cursor?: string | undefined;
  /** Lines of the page in all, at least one for each stream that has some. */
  readonly limit: number;
  /** Seconds to wait for lines when there are none. */
  readonly wait?: number;
  /** Begins with the last lines; a cursor counts more. */
  readonly tail?: number | undefined;
  /** Also the lines in which the build platform speaks of itself. */
  readonly platform?: boolean;
}

/** What a stream that says nothing, or has ended, is left alone for at most. */
const LOOK_AT_LEAST_EVERY_MS = 5000;
/** How often the records of run and jobs are read: for new streams, and for the end. */
const RECORDS_EVERY_MS = 500;

/**
 * A page of lines after the cursor.
 *
 * What a stream gave at the last look is in the cursor too, so a reader who comes back looks at quiet streams less often
 * than at those that speak, whichever process answers.
 *
 * It looks at a few streams each time, those first that it has left alone for longest, so that it asks the store no more
 * often than its part (paceOf), whatever the run has of them.
 *
 * @param readSource what there is to read, asked again while it waits; undefined when there is nothing yet
 * @throws StaitheError invalid_cursor | at_limit when the store has answered for no stream
 */
export async function read(
  ports: Pick<Ports, 'table' | 'logs' | 'clock'>,
  readSource: () => Promise<LogSource | undefined>,
  { log, cursor, limit, wait = 0, tail, platform = false }: ReadOptions,
  pause: (milliseconds: number) => Promise<void> = sleep,
): Promise<LogPage> {
  const now = () => ports.clock.now().getTime();
  const time = timeOf(now, pause);
  const pace = paceOf(ports.logs);
  const until = now() + wait * 1000;
  let source: LogSource | undefined;
  const awaited = ({ streams }: LogSource, at: Positions) =>
    streams.filter((stream) => isAwaited(stream, at, { now: now(), platform }));
  /** Whoever does not follow the log has waited for its last lines below. */
  const isOver = (from: LogSource, at: Positions) =>
    from.ended && (wait === 0 || awaited(from, at).length === 0);
  const finished = async (items: LogPage['items'], at: Positions, complete: boolean): Promise<LogPage> => {
    const absence = source === undefined ? NOT_RUN : source.absence;
    const next_cursor = await sealed(ports.table, log, at);
    return { items, next_cursor, complete, ...(complete && absence !== undefined && { absence }) };
  };
  let positions: Positions = await opened(ports.table, log, cursor);
  source = await readSource();
  if (wait === 0 && source?.ended) await arrival(ports.logs, awaited(source, positions), { platform, time });
  let recordsAt = now();
  if (tail !== undefined && cursor === undefined && source !== undefined) {
    const last = await lastLines(ports.logs, source.streams, { count: tail, platform, time });
    if (last.items.length > 0 || wait === 0)
      return finished(last.items, last.positions, isOver(source, last.positions));
    positions = last.positions;
  }
  for (;;) {
    if (source === undefined) return finished([], positions, true);
    const { streams } = source;
    const ended = isOver(source, positions);
    const everything = wait === 0 || ended;
    const when = (stream: LogStream) => dueAt(stream, streams, positions, pace.everyMs);
    const rested = lastLook(positions) + pace.everyMs;
    const due = everything
      ? streams
      : streams
          .filter((stream) => Math.max(when(stream), rested) <= now())
          .toSorted((a, b) => when(a) - when(b))
          .slice(0, pace.streams);
    const parts = await readStreams(ports.logs, due, positions, limit, time);
    if (everything && parts.length > 0 && parts.every(isUnanswered)) throw storeAtLimit();
    const page = pageOf(parts, positions, { inOrder: ended, platform });
    positions = page.positions;
    if (page.items.length > 0) return finished(page.items, positions, false);
    // Only lines that are not shown: there may be others behind them.
    if (page.moved && everything && now() < time.until) continue;
    if (ended) return finished([], positions, !page.moved && !parts.some(isUnanswered));
    if (now() >= until) return finished([], positions, false);
    const next = Math.min(
      until,
      recordsAt + RECORDS_EVERY_MS,
      ...streams.map((stream) => Math.max(when(stream), lastLook(positions) + pace.everyMs)),
    );
    await pause(Math.max(1, next - now()));
    if (now() < recordsAt + RECORDS_EVERY_MS) continue;
    source = await readSource();
    recordsAt = now();
  }
}

/** When the reader has last asked the store, in whichever of its requests. */
function lastLook(positions: Positions): number {
  return Math.max(0, ...[...positions.values()].map(({ lookedAt }) => lookedAt));
}

/** Whether lines are expected of it soon: its job is at work, or its last line is on its way. */
const isSpeaking = ({ live, waitedForUntil }: LogStream): boolean => live || waitedForUntil !== undefined;

/**
 * When a stream is to be looked at again. A quiet one waits twice as long each time, up to its part of a reader's looks:
 * one pace when it is the only one, twenty of twenty, but 5 seconds at most.
 */
function dueAt(
  stream: LogStream,
  streams: readonly LogStream[],
  positions: Positions,
  everyMs: number,
): number {
  const { lookedAt, quiet } = positions.get(stream.key) ?? START;
  const live = streams.filter(isSpeaking).length;
  const most = isSpeaking(stream) ? Math.min(everyMs * live, LOOK_AT_LEAST_EVERY_MS) : LOOK_AT_LEAST_EVERY_MS;
  return lookedAt + Math.min(everyMs * 2 ** Math.min(quiet, 6), most);
}
