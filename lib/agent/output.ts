/** What the agent prints: its own lines and the commands' output, with bounded memory. */

/** A line of output is broken there: CloudWatch Logs takes 256 KB in one event on every client's path. */
const LONGEST_LINE = 64 * 1024;
/** What `Failure.last_lines` holds: 30 lines of at most 2000 characters. */
const KEPT_LINES = 30;
const KEPT_CHARACTERS = 2000;
/** 30 lines of 2000 characters in ASCII; the rest can never be shown. */
const KEPT_BYTES = 64 * 1024;

let column = 0;

/** Prints a line of the agent's own, at the beginning of a line. */
export function say(line: string): void {
  process.stdout.write(`${column > 0 ? '\n' : ''}${line}\n`);
  column = 0;
}

/**
 * Passes a command's output through as it comes. Chunks are never split into lines here, so a flood costs copying and
 * nothing more.
 *
 * @returns false when the reader is slow and `drain` of stdout should be waited for
 */
export function pass(chunk: Buffer): boolean {
  const lastNewline = chunk.lastIndexOf(0x0a);
  if (lastNewline === -1 && column + chunk.length > LONGEST_LINE) {
    process.stdout.write('\n');
    column = 0;
  }
  column = lastNewline === -1 ? column + chunk.length : chunk.length - lastNewline - 1;
  return process.stdout.write(chunk);
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

  lines(): string[] {
    const lines = this.#bytes.toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-KEPT_LINES).map(readable);
  }
}

/** Without colours and cursor movements (ECMA-48 CSI and OSC sequences), and with the last state of a progress bar. */
function readable(line: string): string {
  const plain = line
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g, '')
    .replace(/\r+$/, '');
  return plain
    .slice(plain.lastIndexOf('\r') + 1)
    .slice(0, KEPT_CHARACTERS)
    .toWellFormed();
}
