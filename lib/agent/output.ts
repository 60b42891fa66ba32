/** What the agent prints: its own lines and the commands' output, without secrets and with bounded memory. */
import { plain } from '../domain/log/ansi.ts';
import { LAST } from '../domain/log/marks.ts';
import { Masker } from '../domain/mask/index.ts';
import { LineWriter } from './line-writer.ts';

/** What `Failure.last_lines` holds: 30 lines of at most 2000 characters. */
const KEPT_LINES = 30;
const KEPT_CHARACTERS = 2000;
/** 30 lines of 2000 characters in ASCII; the rest can never be shown. */
const KEPT_BYTES = 64 * 1024;

const lines = new LineWriter((bytes) => process.stdout.write(bytes));
const masker = new Masker();

/** From now on these values are masked in everything that the agent prints and reports. */
export function hide(values: readonly string[]): void {
  masker.add(values);
}

/** A text of the agent's own without secrets: for what is reported and not printed. */
export function masked(text: string): string {
  return masker.text(text);
}

/** Prints a line of the agent's own, at the beginning of a line. */
export function say(line: string): void {
  endOutput();
  lines.line(masker.text(line));
}

/** Prints the last line of all: whoever reads the log waits for no other. */
export function sayLast(line: string): void {
  endOutput();
  lines.line(LAST + masker.text(line));
}

/**
 * Passes a command's output through as it comes, but for its secrets. Chunks are never split into lines here, so a
 * flood costs a look at each byte and nothing more.
 *
 * @param tail keeps the end of what is shown
 * @returns false when the reader is slow and `drain` of stdout should be waited for
 */
export function pass(chunk: Buffer, tail?: Tail): boolean {
  return show(masker.mask(chunk), tail);
}

/** Shows what was held back, as it might have been the beginning of a secret: its command prints nothing more. */
export function endOutput(tail?: Tail): void {
  show(masker.flush(), tail);
}

function show(bytes: Buffer, tail?: Tail): boolean {
  if (bytes.length === 0) return true;
  tail?.add(bytes);
  return lines.pass(bytes);
}

/** The end of a command's output. */
export class Tail {
  #bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#bytes =
      chunk.length >= KEPT_BYTES
        ? Buffer.from(chunk.subarray(-KEPT_BYTES))
        : Buffer.concat([this.#bytes, chunk]).subarray(-KEPT_BYTES);
  }

  /** @param count at most so many: what is reported unless said otherwise */
  lines(count = KEPT_LINES): string[] {
    const lines = this.#bytes.toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-count).map(readable);
  }
}

/** Without colours, and with the last state of a progress bar. */
function readable(line: string): string {
  return plain(line).slice(0, KEPT_CHARACTERS).toWellFormed();
}
