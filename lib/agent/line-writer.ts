/** Writes commands' output so that every line of it is found again in the log, and lines of the agent between them. */
import { CONTINUES, MARK_BEGINNING, PLATFORM_BEGINNING, QUOTED } from '../domain/log/marks.ts';

/** A line of output is broken there: CloudWatch Logs takes 256 KB in one event on every client's path. */
const LONGEST_LINE = 64 * 1024;
/** Backends keep lines, so one that nothing ends is ended here: with the way to the reader it is seen within a second. */
const UNFINISHED_MS = 500;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** What the lines of others begin with. */
const OTHERS = [Buffer.from(PLATFORM_BEGINNING), Buffer.from(MARK_BEGINNING)];
const QUOTED_BYTES = Buffer.from(QUOTED);

export class LineWriter {
  readonly #write: (bytes: Buffer | string) => boolean;
  #column = 0;
  /** The last line was ended here, and its command may go on with it. */
  #broken = false;
  /** The last bytes are the beginning of a character. */
  #inCharacter = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param write false when the reader is slow */
  constructor(write: (bytes: Buffer | string) => boolean) {
    this.#write = write;
  }

  /** A line of the agent, at the beginning of a line. */
  line(text: string): void {
    this.#write(`${this.#column > 0 ? '\n' : ''}${text}\n`);
    this.#column = 0;
    this.#broken = false;
    this.#watch();
  }

  /** Output as it came. @returns false when the reader is slow */
  pass(output: Buffer): boolean {
    const bytes = this.#broken ? this.#rest(output) : quoted(output, this.#column === 0);
    if (bytes.length === 0) return true;
    const room = this.#put(bytes);
    this.#inCharacter = endsInCharacter(bytes);
    this.#watch();
    return room;
  }

  /** What follows of a line that was ended here. */
  #rest(output: Buffer): Buffer {
    this.#broken = false;
    const ends = output[0] === RETURN && output[1] === NEWLINE ? 2 : output[0] === NEWLINE ? 1 : 0;
    return ends > 0
      ? quoted(output.subarray(ends), true)
      : Buffer.concat([Buffer.from(CONTINUES), quoted(output, false)]);
  }

  #put(bytes: Buffer): boolean {
    const lastNewline = bytes.lastIndexOf(NEWLINE);
    if (lastNewline !== -1) {
      this.#column = bytes.length - lastNewline - 1;
      return this.#write(bytes);
    }
    // A pipe gives 64 KB at once at most, so what begins a line is never much too long for it.
    if (this.#column === 0 || this.#column + bytes.length <= LONGEST_LINE) {
      this.#column += bytes.length;
      return this.#write(bytes);
    }
    // Not within a character: UTF-8 goes on with bytes of the form 10xxxxxx, three at most.
    let at = 0;
    while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
    this.#write(bytes.subarray(0, at));
    this.#write('\n');
    const next = quoted(bytes.subarray(at), true);
    this.#column = next.length;
    return this.#write(next);
  }

  /** A line that has begun is ended in time; one in the middle of a character when that is whole. */
  #watch(): void {
    if (this.#column === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        if (this.#inCharacter) return;
        this.#write('\n');
        this.#column = 0;
        this.#broken = true;
      }, UNFINISHED_MS).unref();
  }
}

/** With a mark before each line that begins like a line of others. */
function quoted(bytes: Buffer, atBeginning: boolean): Buffer {
  const positions = atBeginning && beginsLikeOthers(bytes, 0) ? [0] : [];
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1))
    if (beginsLikeOthers(bytes, at + 1)) positions.push(at + 1);
  if (positions.length === 0) return bytes;
  const parts = [bytes.subarray(0, positions[0])];
  for (const [index, position] of positions.entries())
    parts.push(QUOTED_BYTES, bytes.subarray(position, positions[index + 1]));
  return Buffer.concat(parts);
}

/** Also where the rest of the beginning is still to come: a mark too many is taken away like any other. */
function beginsLikeOthers(bytes: Buffer, at: number): boolean {
  return OTHERS.some((others) => {
    const length = Math.min(others.length, bytes.length - at);
    return length > 0 && bytes.compare(others, 0, length, at, at + length) === 0;
  });
}

/** Whether the last bytes are a character of UTF-8 that is not whole (RFC 3629, section 3). */
function endsInCharacter(bytes: Buffer): boolean {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back;
  }
  return false;
}
