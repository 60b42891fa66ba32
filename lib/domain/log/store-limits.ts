/** What a log store gives at once, and how often it may be asked. */
import { StaitheError } from '../error.ts';
import type { LogStore } from '../ports/logs.ts';

/** CloudWatch Logs gives 10,000 lines or 1 MB at a time (API reference: GetLogEvents). */
export const MAX_LINES = 10_000;

/** At the same time: an answer takes some 50 ms, so that more would not be faster within the limit. */
const PARALLEL = 8;
/** A page that somebody asks for once may take five times the part of a reader who goes on asking. */
export const BURST = 5;
/** Half of what a request has: a store that refuses for so long will not answer in the other half. */
const TIMEOUT_MS = 15_000;
/**
 * A request ends 30 seconds after it began (docs: API Gateway, quotas of HTTP APIs): three are left for an answer of the
 * store that is on its way, and for the page.
 */
const REQUEST_MS = 27_000;

export interface Time {
  now(): number;
  pause(milliseconds: number): Promise<void>;
  /** When the store is asked for the last time, whatever the request has waited for until then. */
  readonly until: number;
}

/** The time of a request that begins now. */
export const timeOf = (now: Time['now'], pause: Time['pause']): Time => ({
  now,
  pause,
  until: now() + REQUEST_MS,
});

export const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** How a reader who waits asks: how often it looks, and at how many streams each time. */
export function paceOf({ readsPerSecond }: Pick<LogStore, 'readsPerSecond'>): {
  everyMs: number;
  streams: number;
} {
  // Four looks are a moment: with 4 a second that is a second, with 20 and more the 200 ms that no eye can tell from none.
  const everyMs = Math.min(2000, Math.max(200, 4000 / readsPerSecond));
  return { everyMs, streams: Math.max(1, Math.ceil((readsPerSecond * everyMs) / 1000)) };
}

/**
 * Asks a store about streams, a few at a time, and no faster than it may be asked. When the store is at its limit all the
 * same, as others ask too, it is asked half as often, down to the part of a reader who waits.
 * @returns what was found, in the order of the streams; undefined for those that it did not come to in 15 seconds, or in the request's time
 */
export async function inTurn<T, R>(
  { readsPerSecond }: Pick<LogStore, 'readsPerSecond'>,
  streams: readonly T[],
  ask: (stream: T) => Promise<R>,
  { now, pause, until: end }: Time,
): Promise<(R | undefined)[]> {
  const results: (R | undefined)[] = streams.map(() => undefined);
  const until = Math.min(end, now() + TIMEOUT_MS);
  let gap = 1000 / (BURST * readsPerSecond);
  let slowedAt = Number.NEGATIVE_INFINITY;
  // The first ones need not wait for each other.
  let next = now() - PARALLEL * gap;
  const turn = async () => {
    next = Math.max(next + gap, now() - PARALLEL * gap);
    if (next > now()) await pause(next - now());
  };
  const queue = streams.entries();
  const worker = async () => {
    for (const [index, stream] of queue)
      while (results[index] === undefined && now() < until) {
        await turn();
        try {
          results[index] = await ask(stream);
        } catch (error) {
          if (!isAtLimit(error)) throw error;
          // Those that were refused together are one sign that it was too much.
          if (now() < slowedAt + PARALLEL * gap) continue;
          gap = Math.min(1000 / readsPerSecond, gap * 2);
          slowedAt = now();
          next = Math.max(next, now());
        }
      }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, streams.length) }, worker));
  return results;
}

export function isAtLimit(error: unknown): boolean {
  return error instanceof StaitheError && error.code === 'at_limit';
}

export const storeAtLimit = (): StaitheError =>
  new StaitheError('at_limit', 'The log store throttles log reads at the moment.');
