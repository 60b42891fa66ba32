/** One line of a log as people read it. */
import { lastState } from '../../domain/log/ansi.ts';
import { clean } from '../terminal/clean.ts';
import { clock } from '../terminal/format.ts';
import { type Format, hasColours, painted } from '../terminal/style.ts';

/** Told apart on dark and on light terminals, and none that looks like an error. */
const COLOURS = ['cyan', 'magenta', 'blue', 'green', 'yellow'] as const;

/** A line of whichever log. */
export interface PrintedLine {
  readonly timestamp: string;
  /** Of one error of a function, several. */
  readonly message: string;
}

export interface LineStyle {
  /** Colours of the log itself: kept or taken out, whatever the stream is. */
  readonly colours?: boolean | undefined;
  /** The whole timestamp in UTC instead of the time of day here. */
  readonly timestamps?: boolean;
}

/**
 * Writes lines for people: `[09:30:00] web | added 120 packages`.
 * @param printedBy what has printed a line: its job, or the version of its function
 * @param count how many of these there are, as far as is known: a line names its own when there is, or has been, more than one
 * @param stream where the lines go: it decides about colours, unless the style does
 */
export function logFormatter<Line extends PrintedLine>(
  printedBy: (line: Line) => string,
  count: number,
  stream: NodeJS.WriteStream,
  { colours, timestamps = false }: LineStyle = {},
): (line: Line) => string {
  const keep = colours ?? hasColours(stream);
  const paint = (format: Format, text: string): string => (keep ? painted(format, text) : text);
  const seen = new Map<string, (typeof COLOURS)[number]>();
  const colourOf = (printer: string) => {
    const known = seen.get(printer) ?? COLOURS[seen.size % COLOURS.length] ?? 'cyan';
    seen.set(printer, known);
    return known;
  };
  return (line) => {
    const printer = printedBy(line);
    const colour = colourOf(printer);
    const prefix = count > 1 || seen.size > 1 ? `${paint(colour, clean(printer))} | ` : '';
    const time = paint('dim', `[${timestamps ? line.timestamp : clock(line.timestamp)}]`);
    const lines = line.message.split('\n').map((one) => clean(lastState(one), keep));
    return `${time} ${prefix}${lines.join('\n')}`;
  };
}
