/** One look at the log of a function: what is new behind a place, or the last of what there is. */
import { fitting } from '../log/size.ts';
import { MOST_LINES, type Time } from '../log/store-limits.ts';
import type { FunctionEvent, FunctionLogs } from '../ports/function-logs.ts';
import { isSeen, type Place, placeBehind } from './cursor.ts';

export interface Look {
  readonly events: readonly FunctionEvent[];
  readonly place: Place;
}

/** Events behind the place, as many as are wanted and fit into an answer. */
export async function next(
  logs: FunctionLogs,
  functionName: string,
  place: Place,
  limit: number,
  time: Time,
): Promise<Look> {
  const { from } = place;
  const had: FunctionEvent[] = [];
  const fresh: FunctionEvent[] = [];
  let { token } = place;
  do {
    const asked = Math.min(MOST_LINES, limit + place.seen.size);
    const page = await logs.read(functionName, { from, token, limit: asked });
    for (const event of page.events) {
      if (!isSeen(place, event)) fresh.push(event);
      had.push(event);
    }
    token = page.token;
  } while (fresh.length === 0 && token !== undefined && time.now() < time.until);
  // A search goes on where it was, when all that it has found until now is nothing.
  if (fresh.length === 0 && token !== undefined) return { events: [], place: { ...place, token } };
  const [fits = 0] = fitting([fresh.slice(0, limit)]);
  const events = fresh.slice(0, fits);
  const beyond = fresh[fits];
  const reached = beyond === undefined ? had : had.slice(0, had.indexOf(beyond));
  return { events, place: placeBehind(place, reached, logs.lateByMs) };
}

/** Most functions have printed their last lines within the first of these, in milliseconds before now. */
const WINDOWS_MS = [60_000, 15 * 60_000];
/** More events than anybody can ask for, and those that are not shown beside them. */
const MOST_KEPT = 2 * MOST_LINES;

/**
 * The last events that count, looked for in longer and longer windows before now: the store searches forwards only.
 * @param from nothing before is looked for
 */
export async function last(
  logs: FunctionLogs,
  functionName: string,
  { from, count, counts }: { from: number; count: number; counts: (event: FunctionEvent) => boolean },
  time: Time,
): Promise<Look> {
  const now = time.now();
  const begins = [...WINDOWS_MS.map((before) => now - before).filter((begin) => begin > from), from];
  let found: Look = { events: [], place: { from, seen: new Set() } };
  for (const begin of begins) {
    let all: FunctionEvent[] = [];
    let token: string | undefined;
    do {
      const page = await logs.read(functionName, { from: begin, token, limit: MOST_LINES });
      all = [...all, ...page.events].slice(-MOST_KEPT);
      token = page.token;
    } while (token !== undefined && time.now() < time.until);
    // Not searched to its end: what a shorter window had are later ones.
    if (token !== undefined && found.events.length > 0) return found;
    const kept = all.filter(counts).slice(-count);
    const [skipped = 0] = fitting([kept.toReversed()]);
    found = {
      events: kept.slice(-skipped),
      place: placeBehind({ from: begin, seen: new Set() }, all, logs.lateByMs),
    };
    if (kept.length === count || token !== undefined) return found;
  }
  return found;
}
