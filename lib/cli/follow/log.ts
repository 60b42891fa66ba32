/** Reading a log to its end. */
import { setTimeout as delay } from 'node:timers/promises';

/** Seconds that the server waits for new lines. It allows 20, and API Gateway ends a request after 30. */
const WAIT_SECONDS = 10;
/** The least time between requests, if the server responds at once although it was asked to wait. */
const MIN_INTERVAL_MS = 500;
/** Lines per request: half a second of a job that prints 10,000 lines a second, in a response of some 1.5 MB. */
const PAGE_LINES = 5000;

/** A page of any log; the log of a function has no end. */
export interface Page<Line> {
  readonly items: readonly Line[];
  readonly next_cursor: string;
  readonly complete?: boolean;
}

/** The query of a page, without the filter of the log. */
export interface PageQuery {
  readonly cursor?: string;
  readonly tail?: number;
  readonly platform?: 'true';
  readonly ansi?: 'strip';
  readonly limit: number;
  readonly wait: number;
}

export interface Reading {
  /** Wait for new lines until the log is complete; otherwise stop at its current end. */
  readonly follow: boolean;
  /** Start with the last lines, this many. */
  readonly tail?: number | undefined;
  /** Include the lines of the build platform. */
  readonly platform?: boolean;
  /** The server removes control sequences. */
  readonly plain?: boolean;
}

/**
 * Yields the lines page by page, from the start (or the last lines) to the end of the log.
 * @param readPage requests one page
 * @param isEnough called between pages: true stops
 */
export async function* logPages<Line>(
  readPage: (query: PageQuery) => Promise<Page<Line>>,
  { follow, tail, platform = false, plain = false }: Reading,
  isEnough: () => boolean = () => false,
): AsyncGenerator<readonly Line[]> {
  let cursor: string | undefined;
  for (;;) {
    const requestedAt = performance.now();
    const page = await readPage({
      ...(cursor !== undefined && { cursor }),
      ...(tail !== undefined && { tail }),
      ...(platform && { platform: 'true' }),
      ...(plain && { ansi: 'strip' }),
      limit: PAGE_LINES,
      wait: follow ? WAIT_SECONDS : 0,
    });
    if (page.items.length > 0) yield page.items;
    const empty = page.items.length === 0;
    // With --tail and without --follow, the last lines are the whole output.
    if (page.complete === true || (!follow && (empty || tail !== undefined)) || isEnough()) return;
    cursor = page.next_cursor;
    if (empty) await delay(Math.max(0, MIN_INTERVAL_MS - (performance.now() - requestedAt)));
  }
}
