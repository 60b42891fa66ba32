/** Reading a log to its end. */
import { setTimeout as delay } from 'node:timers/promises';

/** Seconds that the server may wait for new lines; it takes up to 20, and API Gateway ends a request at 30. */
const WAIT_SECONDS = 10;
/** A server that answers at once although it was asked to wait is not asked more often than this. */
const LEAST_PAUSE_MS = 500;
/** Lines asked for at once: half a second of a job that floods 10,000 lines a second, in an answer of some 1.5 MB. */
const PAGE_LINES = 5000;

/** A page of whichever log; a function's has no end. */
export interface Page<Line> {
  readonly items: readonly Line[];
  readonly next_cursor: string;
  readonly complete?: boolean;
}

/** What a page is asked for, beside whose log it is. */
export interface PageQuery {
  readonly cursor?: string;
  readonly tail?: number;
  readonly platform?: 'true';
  readonly ansi?: 'strip';
  readonly limit: number;
  readonly wait: number;
}

export interface Reading {
  /** false ends at the last line that there is now; true goes on until the end. */
  readonly follow: boolean;
  /** Begins with the last so many lines. */
  readonly tail?: number | undefined;
  /** Also the lines in which the build platform speaks of itself. */
  readonly platform?: boolean;
  /** The server takes control sequences out. */
  readonly plain?: boolean;
}

/**
 * Gives the lines page by page, from the beginning (or the last lines) to the end of the log.
 * @param readPage asks for one page of the log
 * @param enough asked between pages: true ends the reading early
 */
export async function* logPages<Line>(
  readPage: (query: PageQuery) => Promise<Page<Line>>,
  { follow, tail, platform = false, plain = false }: Reading,
  enough: () => boolean = () => false,
): AsyncGenerator<readonly Line[]> {
  let cursor: string | undefined;
  for (;;) {
    const asked = performance.now();
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
    // The last lines were asked for: without --follow they are all that is wanted.
    if (page.complete === true || (!follow && (empty || tail !== undefined)) || enough()) return;
    cursor = page.next_cursor;
    if (empty) await delay(Math.max(0, LEAST_PAUSE_MS - (performance.now() - asked)));
  }
}
