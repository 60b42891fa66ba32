/** One line of a log as people read it. */
import { lastState } from '../../domain/log/ansi.ts';
import { clean } from '../terminal/clean.ts';
import { clock } from '../terminal/format.ts';
import { type Format, hasColours, painted } from '../terminal/style.ts';

/** Readable on dark and light terminals; red is for errors. */
const COLOURS = ['cyan', 'magenta', 'blue', 'green', 'yellow'] as const;

/** A line of any log. */
export interface PrintedLine {
  readonly timestamp: string;
  /** Can have several lines: an error of a function. */
  readonly message: string;
}

export interface LineStyle {
  /** Keep or remove the colours of the log, whatever the stream is. */
  readonly colours?: boolean | undefined;
  /** Full timestamps in UTC instead of the local time of day. */
  readonly timestamps?: boolean;
}

/**
 * Formats lines for people: `[09:30:00] web | added 120 packages`.
 * @param sourceOf the label of a line: its job, or the version of its function
 * @param sourceCount the number of labels, as far as it is known: lines are labelled once there is more than one
 * @param stream where the lines go: it decides about colours, unless the style does
 */
export function logFormatter<Line extends PrintedLine>(
  sourceOf: (line: Line) => string,
  sourceCount: number,
  stream: NodeJS.WriteStream,
  { colours, timestamps = false }: LineStyle = {},
): (line: Line) => string {
  const keep = colours ?? hasColours(stream);
  const paint = (format: Format, text: string): string => (keep ? painted(format, text) : text);
  const seen = new Map<string, (typeof COLOURS)[number]>();
  const colourOf = (source: string) => {
    const known = seen.get(source) ?? COLOURS[seen.size % COLOURS.length] ?? 'cyan';
    seen.set(source, known);
    return known;
  };
  return (line) => {
    const source = sourceOf(line);
    const colour = colourOf(source);
    const prefix = sourceCount > 1 || seen.size > 1 ? `${paint(colour, clean(source))} | ` : '';
    const time = paint('dim', `[${timestamps ? line.timestamp : clock(line.timestamp)}]`);
    const lines = line.message.split('\n').map((one) => clean(lastState(one), keep));
    return `${time} ${prefix}${lines.join('\n')}`;
  };
}
