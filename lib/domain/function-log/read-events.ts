/** One look at the log of a function: what is new behind a place, or the last of what there is. */
import { fitting } from '../log/size.ts';
import { isAtLimit, MAX_LINES, storeAtLimit, type Time } from '../log/store-limits.ts';
import type { FunctionEvent, FunctionLogs } from '../ports/function-logs.ts';
import { isSeen, type LogPosition, positionAfter } from './cursor.ts';

export interface EventPage {
  readonly events: readonly FunctionEvent[];
  readonly position: LogPosition;
}

/**
 * Events behind the place, as many as are wanted and fit into an answer.
 * @throws StaitheError at_limit when the store refuses the first page; a search that has got further goes on another time
 */
export async function readAfter(
  logs: FunctionLogs,
  functionName: string,
  position: LogPosition,
  limit: number,
  time: Time,
): Promise<EventPage> {
  const { from } = position;
  const had: FunctionEvent[] = [];
  const fresh: FunctionEvent[] = [];
  let { token } = position;
  do {
    const asked = Math.min(MAX_LINES, limit + position.seen.size);
    const page = await undefinedAtLimit(logs.read(functionName, { from, token, limit: asked }));
    if (page === undefined) {
      if (token === position.token) throw storeAtLimit();
      break;
    }
    for (const event of page.events) {
      if (!isSeen(position, event)) fresh.push(event);
      had.push(event);
    }
    token = page.token;
  } while (fresh.length === 0 && token !== undefined && time.now() < time.until);
  // A search goes on where it was, when all that it has found until now is nothing.
  if (fresh.length === 0 && token !== undefined) return { events: [], position: { ...position, token } };
  const [fits = 0] = fitting([fresh.slice(0, limit)]);
  const events = fresh.slice(0, fits);
  const beyond = fresh[fits];
  const reached = beyond === undefined ? had : had.slice(0, had.indexOf(beyond));
  return { events, position: positionAfter(position, reached, logs.lateByMs) };
}

/** @returns undefined when the store is at its limit */
async function undefinedAtLimit<T>(page: Promise<T>): Promise<T | undefined> {
  try {
    return await page;
  } catch (error) {
    if (isAtLimit(error)) return undefined;
    throw error;
  }
}

/** Most functions have printed their last lines within the first of these, in milliseconds before now. */
const WINDOWS_MS = [60_000, 15 * 60_000];
/** More events than anybody can ask for, and those that are not shown beside them. */
const MAX_EVENTS = 2 * MAX_LINES;

/**
 * The last events that count, looked for in longer and longer windows before now: the store searches forwards only.
 * @param from nothing before is looked for
 */
export async function readLast(
  logs: FunctionLogs,
  functionName: string,
  { from, count, counts }: { from: number; count: number; counts: (event: FunctionEvent) => boolean },
  time: Time,
): Promise<EventPage> {
  const now = time.now();
  const begins = [...WINDOWS_MS.map((before) => now - before).filter((begin) => begin > from), from];
  let found: EventPage = { events: [], position: { from, seen: new Set() } };
  for (const begin of begins) {
    const isFirst = found.events.length === 0;
    const { all, token, isWhole } = await searchFrom(logs, functionName, begin, isFirst, time);
    // Not searched to its end: what a shorter window had are later ones.
    if (!isWhole && !isFirst) return found;
    const kept = all.filter(counts).slice(-count);
    const [skipped = 0] = fitting([kept.toReversed()]);
    const start: LogPosition = { from: begin, seen: new Set() };
    // How far a search has got that has met nothing yet, the store alone knows.
    const position = all.length === 0 ? { ...start, token } : positionAfter(start, all, logs.lateByMs);
    found = { events: kept.slice(-skipped), position };
    if (kept.length === count || !isWhole) return found;
  }
  return found;
}

/** How long a store that refuses a page in the midst of a search is asked for it again. */
const RETRY_TIMEOUT_MS = 10_000;

/**
 * The last of all events from then on, unless the store refuses for too long, or the time is over.
 * @param isFirst nothing was found before, so that a refusal of the first page leaves nothing
 */
async function searchFrom(
  logs: FunctionLogs,
  functionName: string,
  from: number,
  isFirst: boolean,
  time: Time,
): Promise<{ all: readonly FunctionEvent[]; token?: string | undefined; isWhole: boolean }> {
  let all: FunctionEvent[] = [];
  let token: string | undefined;
  let retryUntil = time.now() + RETRY_TIMEOUT_MS;
  do {
    const page = await undefinedAtLimit(logs.read(functionName, { from, token, limit: MAX_LINES }));
    if (page === undefined) {
      if (isFirst && token === undefined) throw storeAtLimit();
      if (time.now() >= retryUntil) break;
      continue;
    }
    all = [...all, ...page.events].slice(-MAX_EVENTS);
    token = page.token;
    if (token === undefined) return { all, isWhole: true };
    retryUntil = time.now() + RETRY_TIMEOUT_MS;
  } while (time.now() < time.until);
  return { all, token, isWhole: false };
}
