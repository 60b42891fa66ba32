/** Colours, as NO_COLOR, FORCE_COLOR and the kind of the stream allow (node:util's styleText asks all three). */
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

const on =
  (format: Format, stream: NodeJS.WriteStream) =>
  (text: string): string =>
    styleText(format, text, { stream });

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

const GOOD = new Set(['completed', 'succeeded', 'stored', 'ok']);
const BAD = new Set(['failed', 'cancelled', 'rolled_back']);

/** What went wrong. */
export const bad = red;

/** A status in its colour. */
export function status(word: string): string {
  if (GOOD.has(word)) return green(word);
  return BAD.has(word) ? red(word) : yellow(word);
}
