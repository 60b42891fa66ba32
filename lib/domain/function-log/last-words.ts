/** The last lines that a version of a function printed: why it did not answer. */
import { firstWithin } from '../answer.ts';
import { StaitheError } from '../error.ts';
import { plain } from '../log/ansi.ts';
import type { FunctionEvent } from '../ports/function-logs.ts';
import type { Ports } from '../ports/index.ts';
import { cut } from '../text.ts';
import { hiding } from './hidden.ts';
import { isPlatform, isReport } from './platform.ts';
import { unfolded } from './unfold.ts';

/** As many lines as a build's failure has; half its bytes, as events carry them: ten of an event bus's entries have 256 KB. */
export const LAST_WORDS = { lines: 30, lineLength: 1000, bytes: 8 * 1024 } as const;

/** Pages of a log that are read for its end: a function that prints more while it is checked is not short of words. */
const MOST_PAGES = 5;
const PAGE_EVENTS = 10_000;
const LOOK_EVERY_MS = 1000;

export interface Printed {
  readonly functionName: string;
  readonly version: string;
  /** Milliseconds since the epoch: nothing before is read. */
  readonly since: number;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Waits until the reports of all invocations are there, as long as events may be late, and reads what the last one has
 * printed. The secrets of the variables are masked, and what steers a terminal is taken out.
 * @returns oldest first; none when it printed nothing
 * @throws StaitheError at_limit | log_unreadable
 */
export async function lastWords(
  ports: Pick<Ports, 'functionLogs' | 'clock'>,
  printed: Printed,
  pause: (milliseconds: number) => Promise<void>,
): Promise<string[]> {
  const until = ports.clock.now().getTime() + ports.functionLogs.lateByMs;
  for (;;) {
    const events = await eventsOf(ports, printed);
    if ((events !== undefined && isWhole(events)) || ports.clock.now().getTime() >= until) {
      if (events === undefined)
        throw new StaitheError('at_limit', 'CloudWatch Logs is asked for log lines too often at the moment.');
      return linesOf(events, hiding(printed.variables));
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** @returns undefined when the log is asked too often at the moment */
async function eventsOf(
  { functionLogs }: Pick<Ports, 'functionLogs'>,
  { functionName, version, since }: Printed,
): Promise<FunctionEvent[] | undefined> {
  let events: FunctionEvent[] = [];
  let token: string | undefined;
  try {
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const found = await functionLogs.read(functionName, { from: since, token, limit: PAGE_EVENTS });
      // Each line has at least one event: of more than these nothing is shown.
      events = [...events, ...found.events.filter((event) => event.version === version)].slice(-1000);
      token = found.token;
      if (token === undefined) break;
    }
    return events;
  } catch (error) {
    if (error instanceof StaitheError && error.code === 'at_limit') return undefined;
    throw error;
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
