/** The last lines that a version of a function printed: why it did not answer. */
import { firstWithin } from '../answer.ts';
import { StaitheError } from '../error.ts';
import { plain } from '../log/ansi.ts';
import type { FunctionEvent } from '../ports/function-logs.ts';
import type { Ports } from '../ports/index.ts';
import { cut } from '../text.ts';
import { hiding } from './hidden.ts';
import { type FunctionVersion, LogSearch } from './log-search.ts';
import { isPlatform, isReport } from './platform.ts';
import { unfolded } from './unfold.ts';

/** As many lines as a build's failure has; half its bytes, as events carry them: ten of an event bus's entries have 256 KB. */
export const LIMITS = { lines: 30, lineLength: 1000, bytes: 8 * 1024 } as const;

const POLL_MS = 1000;
/** A log that is being written faster than it may be read has no end: then the last of what was found has to do. */
const SEARCH_MS = 20_000;

export interface FailedFunction extends FunctionVersion {
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Waits until the reports of all invocations are there, as long as events may be late, and reads what the last one has
 * printed. The secrets of the variables are masked, and what steers a terminal is taken out.
 * @returns oldest first; none when it printed nothing
 * @throws StaitheError at_limit | log_unreadable
 */
export async function lastLines(
  { functionLogs, clock }: Pick<Ports, 'functionLogs' | 'clock'>,
  failed: FailedFunction,
  pause: (milliseconds: number) => Promise<void>,
): Promise<string[]> {
  const now = () => clock.now().getTime();
  const began = now();
  const search = new LogSearch(functionLogs, failed, { now, pause, until: began + SEARCH_MS });
  for (;;) {
    const reached = await search.advance();
    const { events } = search;
    if ((reached === 'whole' && isWhole(events)) || now() >= began + functionLogs.lateByMs) {
      if (reached === 'refused' && events.length === 0)
        throw new StaitheError('at_limit', 'CloudWatch Logs throttles log reads at the moment.');
      return linesOf(events, hiding(failed.variables));
    }
    await pause(POLL_MS);
  }
}

/** Each process has reported the end of what it did last. */
function isWhole(events: readonly FunctionEvent[]): boolean {
  const lasts = new Map(events.map((event) => [event.stream, event.message]));
  return lasts.size > 0 && [...lasts.values()].every(isReport);
}

/**
 * What was printed from the last report but one to the last, by the process that spoke last: a check asks several times,
 * and each time the same is printed.
 */
function lastInvocation(events: readonly FunctionEvent[]): string[] {
  const stream = events.findLast(({ message }) => !isPlatform(message))?.stream;
  let printed: string[] = [];
  let reported = false;
  for (const { message } of events.filter((event) => event.stream === stream)) {
    if (!isPlatform(message)) {
      if (reported) printed = [];
      reported = false;
      printed.push(message);
    }
    if (isReport(message)) reported = true;
  }
  return printed;
}

function linesOf(events: readonly FunctionEvent[], hide: (text: string) => string): string[] {
  const lines = lastInvocation(events)
    .slice(-LIMITS.lines)
    .flatMap((message) => unfolded(hide(message)).split(/\r\n|\n|\r/))
    .map((line) => cut(plain(line), LIMITS.lineLength))
    .filter((line) => line.trim() !== '')
    .slice(-LIMITS.lines);
  return firstWithin(lines.toReversed(), LIMITS.bytes).reverse();
}
