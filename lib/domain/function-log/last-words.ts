/** The last lines that a version of a function printed: why it did not answer. */
import { firstWithin } from '../answer.ts';
import { StaitheError } from '../error.ts';
import { plain } from '../log/ansi.ts';
import type { FunctionEvent } from '../ports/function-logs.ts';
import type { Ports } from '../ports/index.ts';
import { cut } from '../text.ts';
import { Hearing, type Speaker } from './hear.ts';
import { hiding } from './hidden.ts';
import { isPlatform, isReport } from './platform.ts';
import { unfolded } from './unfold.ts';

/** As many lines as a build's failure has; half its bytes, as events carry them: ten of an event bus's entries have 256 KB. */
export const LAST_WORDS = { lines: 30, lineLength: 1000, bytes: 8 * 1024 } as const;

const LOOK_EVERY_MS = 1000;
/** A log that is being written faster than it may be read has no end: then the last of what was found has to do. */
const SEARCH_MS = 20_000;

export interface Printed extends Speaker {
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Waits until the reports of all invocations are there, as long as events may be late, and reads what the last one has
 * printed. The secrets of the variables are masked, and what steers a terminal is taken out.
 * @returns oldest first; none when it printed nothing
 * @throws StaitheError at_limit | log_unreadable
 */
export async function lastWords(
  { functionLogs, clock }: Pick<Ports, 'functionLogs' | 'clock'>,
  printed: Printed,
  pause: (milliseconds: number) => Promise<void>,
): Promise<string[]> {
  const now = () => clock.now().getTime();
  const began = now();
  const hearing = new Hearing(functionLogs, printed, { now, pause, until: began + SEARCH_MS });
  for (;;) {
    const heard = await hearing.goOn();
    const { events } = hearing;
    if ((heard === 'whole' && isWhole(events)) || now() >= began + functionLogs.lateByMs) {
      if (heard === 'refused' && events.length === 0)
        throw new StaitheError('at_limit', 'CloudWatch Logs throttles log reads at the moment.');
      return linesOf(events, hiding(printed.variables));
    }
    await pause(LOOK_EVERY_MS);
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
  let own: string[] = [];
  let reported = false;
  for (const { message } of events.filter((event) => event.stream === stream)) {
    if (!isPlatform(message)) {
      if (reported) own = [];
      reported = false;
      own.push(message);
    }
    if (isReport(message)) reported = true;
  }
  return own;
}

function linesOf(events: readonly FunctionEvent[], hide: (text: string) => string): string[] {
  const lines = lastInvocation(events)
    .slice(-LAST_WORDS.lines)
    .flatMap((message) => unfolded(hide(message)).split(/\r\n|\n|\r/))
    .map((line) => cut(plain(line), LAST_WORDS.lineLength))
    .filter((line) => line.trim() !== '')
    .slice(-LAST_WORDS.lines);
  return firstWithin(lines.toReversed(), LAST_WORDS.bytes).reverse();
}
