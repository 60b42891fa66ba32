/** The last lines of jobs that have ended: backends send them in batches, so they come a moment after the end. */
import type { LogStore } from '../ports/logs.ts';
import type { Positions } from './cursor.ts';
import { isLast } from './marks.ts';
import { inTurn, paceOf, type Time } from './store-limits.ts';
import { LATE_LINES_MS, type LogStream } from './streams.ts';

/** After the agent's last line a backend says some 20 lines of its own. */
const LINES_AT_END = 50;

/**
 * Whether lines of a stream may still come although its job has ended. The backend's own lines follow the agent's last, so
 * a reader of those waits in any case.
 */
export function isAwaited(
  { key, waitedForUntil }: LogStream,
  positions: Positions,
  { now, platform }: { readonly now: number; readonly platform: boolean },
): boolean {
  if (waitedForUntil === undefined || now >= waitedForUntil) return false;
  return platform || positions.get(key)?.closed !== true;
}

/** Waits until the last lines of all streams are there, or are not waited for any more: 15 seconds after their jobs' ends. */
export async function arrival(
  logs: LogStore,
  streams: readonly LogStream[],
  { platform, time }: { readonly platform: boolean; readonly time: Time },
): Promise<void> {
  const awaited = (stream: LogStream) => isAwaited(stream, new Map(), { now: time.now(), platform });
  const { everyMs } = paceOf(logs);
  let open = streams.filter(awaited);
  for (
    let waited = 0;
    open.length > 0 && waited < LATE_LINES_MS && time.now() < time.until;
    waited += everyMs
  ) {
    const arrived = platform
      ? []
      : await inTurn(
          logs,
          open,
          async ({ name }) => {
            const { lines } = await logs.readBack(name, { limit: LINES_AT_END });
            return lines.some(isLast);
          },
          time,
        );
    open = open.filter((stream, index) => arrived[index] !== true && awaited(stream));
    if (open.length > 0) await time.pause(everyMs);
  }
}
