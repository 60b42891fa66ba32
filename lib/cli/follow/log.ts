/** Reading a run's log to its end. */
import { setTimeout as delay } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { Api } from '../api.ts';
import type { LogLine } from '../resources.ts';
import { clean } from '../terminal/clean.ts';
import { clock } from '../terminal/format.ts';

/** Seconds that the server may wait for new lines; it takes up to 20, and API Gateway ends a request at 30. */
const WAIT_SECONDS = 10;
/** A server that answers at once although it was asked to wait is not asked more often than this. */
const LEAST_PAUSE_MS = 500;

/**
 * Writes lines for people. The service is named once there has been more than one.
 * @param stream where they go: it decides about colours
 */
export function logFormatter(services: number, stream: NodeJS.WriteStream): (line: LogLine) => string {
  const seen = new Set<string>();
  return (line) => {
    seen.add(line.service);
    const prefix = services > 1 || seen.size > 1 ? `${clean(line.service)} | ` : '';
    const time = styleText('dim', `[${clock(line.timestamp)}]`, { stream });
    return `${time} ${prefix}${clean(line.message, stream.isTTY)}`;
  };
}

/**
 * Gives the lines page by page, from the cursor to the end of the log.
 * @param follow false ends at the last line that there is now; true goes on until the run has ended
 * @param platform also the lines in which the build platform speaks of itself
 * @param enough asked between pages: true ends the reading early
 */
export async function* logPages(
  api: Api<'getBuildLogs'>,
  build: string,
  run: string | undefined,
  { follow, platform = false }: { follow: boolean; platform?: boolean },
  enough: () => boolean = () => false,
): AsyncGenerator<readonly LogLine[]> {
  let cursor: string | undefined;
  for (;;) {
    const asked = performance.now();
    const page = await api.call('getBuildLogs', {
      params: { build },
      query: {
        ...(run && { run }),
        ...(cursor && { cursor }),
        ...(platform && { platform: 'true' }),
        limit: 500,
        wait: follow ? WAIT_SECONDS : 0,
      },
    });
    if (page.items.length > 0) yield page.items;
    const empty = page.items.length === 0;
    if (page.complete || (empty && !follow) || enough()) return;
    cursor = page.next_cursor;
    if (empty) await delay(Math.max(0, LEAST_PAUSE_MS - (performance.now() - asked)));
  }
}
