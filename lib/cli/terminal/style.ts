/** Colours: this module decides whether a stream gets any. */
import { styleText } from 'node:util';

export type Format = Parameters<typeof styleText>[0];

/** The values that Node takes as yes (tty.WriteStream.getColorDepth). */
const FORCED: ReadonlySet<string> = new Set(['', '1', 'true', '2', '3']);
/** A terminal with two colours has a depth of 1 bit. */
const NO_COLOURS_BITS = 2;

/**
 * Whether a stream gets colours: FORCE_COLOR decides, then the kind of the stream, then NO_COLOR and TERM (no-color.org;
 * getColorDepth reads these two). styleText of Node before 20.18 checks none of them.
 */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  const forced = process.env.FORCE_COLOR;
  if (forced !== undefined) return FORCED.has(forced);
  return stream.isTTY === true && stream.getColorDepth() > NO_COLOURS_BITS;
}

/** `--no-color`: as if NO_COLOR were set. */
export function withoutColours(): void {
  delete process.env.FORCE_COLOR;
  process.env.NO_COLOR = '1';
}

/** The text in a colour, whatever the stream. */
export const painted = (format: Format, text: string): string =>
  styleText(format, text, { validateStream: false });

const on =
  (format: Format, stream: NodeJS.WriteStream) =>
  (text: string): string =>
    hasColours(stream) ? painted(format, text) : text;

/** For results. */
export const bold = on('bold', process.stdout);
export const dim = on('dim', process.stdout);
const green = on('green', process.stdout);
const red = on('red', process.stdout);
const yellow = on('yellow', process.stdout);

/** For progress, notes and errors. */
export const noteDim = on('dim', process.stderr);
export const noteBold = on('bold', process.stderr);
export const noteRed = on('red', process.stderr);
export const noteCyan = on('cyan', process.stderr);

const GOOD = new Set(['completed', 'succeeded', 'stored', 'ok', 'reused', 'active']);
const BAD = new Set(['failed', 'cancelled', 'rolled_back']);

/** For errors within results, and what is gone. */
export const bad = red;
/** For what is new. */
export const good = green;

/** A status in its colour. */
export function status(word: string): string {
  if (GOOD.has(word)) return green(word);
  return BAD.has(word) ? red(word) : yellow(word);
}

/** A status with its reason: `failed: The archive …`. */
export function statusAndReason(text: string): string {
  const at = text.indexOf(':');
  return at === -1 ? status(text) : `${status(text.slice(0, at))}${text.slice(at)}`;
}
