/** Pages of the logs of functions, no faster than one reader may ask for them. */
import { BURST, isAtLimit, type Time } from '../log/store-limits.ts';
import type { FunctionLogs } from '../ports/function-logs.ts';

/**
 * The first pages, which mostly are all that there are, may come faster than a reader who waits asks; of a long search
 * each one has its turn, and when the store refuses one there is no more haste.
 * @returns the same logs, whose `read` waits for its turn, though not beyond the end of the time
 */
export function rateLimited(logs: FunctionLogs, { now, pause, until }: Time): FunctionLogs {
  let hasty = BURST;
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    ...logs,
    async read(functionName, page) {
      const gap = 1000 / (logs.readsPerSecond * (hasty > 0 ? BURST : 1));
      const wait = Math.min(askedAt + gap, until) - now();
      if (wait > 0) await pause(wait);
      hasty -= 1;
      askedAt = now();
      try {
        return await logs.read(functionName, page);
      } catch (error) {
        if (isAtLimit(error)) hasty = 0;
        throw error;
      }
    },
  };
}
