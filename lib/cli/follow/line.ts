/** One line of a log as people read it. */
import { lastState } from '../../domain/log/ansi.ts';
import type { LogLine } from '../resources.ts';
import { clean } from '../terminal/clean.ts';
import { clock } from '../terminal/format.ts';
import { type Format, hasColours, painted } from '../terminal/style.ts';

/** Told apart on dark and on light terminals, and none that looks like an error. */
const COLOURS = ['cyan', 'magenta', 'blue', 'green', 'yellow'] as const;

export interface LineStyle {
  /** Colours of the log itself: kept or taken out, whatever the stream is. */
  readonly colours?: boolean | undefined;
  /** The whole timestamp in UTC instead of the time of day here. */
  readonly timestamps?: boolean;
}

/**
 * Writes lines for people: `[09:30:00] web | added 120 packages`.
 * @param jobs how many there are, as far as is known: a line names its job when there is, or has been, more than one
 * @param stream where the lines go: it decides about colours, unless the style does
 */
export function logFormatter(
  jobs: number,
  stream: NodeJS.WriteStream,
  { colours, timestamps = false }: LineStyle = {},
): (line: LogLine) => string {
  const keep = colours ?? hasColours(stream);
  const paint = (format: Format, text: string): string => (keep ? painted(format, text) : text);
  const seen = new Map<string, (typeof COLOURS)[number]>();
  const colourOf = (job: string) => {
    const known = seen.get(job) ?? COLOURS[seen.size % COLOURS.length] ?? 'cyan';
    seen.set(job, known);
    return known;
  };
  return (line) => {
    const colour = colourOf(line.job);
    const prefix = jobs > 1 || seen.size > 1 ? `${paint(colour, clean(line.job))} | ` : '';
    const time = paint('dim', `[${timestamps ? line.timestamp : clock(line.timestamp)}]`);
    return `${time} ${prefix}${clean(lastState(line.message), keep)}`;
  };
}
