/** A build's output pipe: lines for the log, and the marks by which the runner says that a command has ended. */
import type { Readable } from 'node:stream';

/** CloudWatch Logs takes 256 KiB with 26 bytes of overhead; room for the mark is left. */
const MAX_LINE_BYTES = 262_144 - 26 - 64;
const CUT_MARK = ' [line cut here: longer than 256 KB]';
/** Lines handed on at once: a few milliseconds of the log store's time, so that a flood leaves room for others. */
const LINES_A_WRITE = 1_000;
/** Lines that may be on their way to the store; beyond that nothing more is read. Few lines need not wait for each other. */
const LINES_UNDER_WAY = 2_000;
const NEWLINE = 0x0a;

export interface OutputSink {
  /** Settled when the lines are stored. They get the time of this call. */
  lines(lines: readonly string[]): Promise<void>;
  /** Commands can be run now. */
  ready(): void;
  /** A command has ended, and all of its output has been handed on. */
  ended(status: number): void;
}

/** Reads until the pipe closes. `nonce` is known to the runner only, so output cannot look like a mark. */
export async function readOutput(stream: Readable, nonce: string, sink: OutputSink): Promise<void> {
  const splitter = new LineSplitter();
  const mark = Buffer.from(`\0${nonce} `);
  let rest: Buffer = Buffer.alloc(0);
  let underWay = 0;
  let last = Promise.resolve();
  const hand = async (lines: readonly string[]): Promise<void> => {
    underWay += lines.length;
    last = sink.lines(lines).finally(() => {
      underWay -= lines.length;
    });
    // Whoever waits is told; whoever does not must not end the cloud.
    last.catch(() => undefined);
    if (underWay > LINES_UNDER_WAY) await last;
  };
  const write = async (bytes: Buffer): Promise<void> => {
    const lines = splitter.push(bytes);
    for (let at = 0; at < lines.length; at += LINES_A_WRITE) await hand(lines.slice(at, at + LINES_A_WRITE));
  };
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const at = rest.indexOf(mark);
      const end = at < 0 ? -1 : rest.indexOf(NEWLINE, at);
      if (end < 0) break;
      await write(rest.subarray(0, at));
      const tail = splitter.end();
      if (tail !== undefined) await hand([tail]);
      const said = rest.subarray(at + mark.length, end).toString();
      if (said === 'ready') sink.ready();
      else sink.ended(Number(said));
      rest = rest.subarray(end + 1);
    }
    // What may be the beginning of a mark stays until more has come.
    const zero = rest.indexOf(0, Math.max(rest.length - mark.length - 4, 0));
    const safe = zero < 0 ? rest.length : zero;
    await write(rest.subarray(0, safe));
    rest = rest.subarray(safe);
  }
  await write(rest);
  const tail = splitter.end();
  if (tail !== undefined) await hand([tail]);
  await last;
}

/** Splits bytes into lines, with no more than one line of bounded length in memory. */
class LineSplitter {
  #pending: Buffer[] = [];
  #length = 0;
  #cut = false;

  push(bytes: Buffer): string[] {
    const first = bytes.indexOf(NEWLINE);
    if (first < 0) {
      this.#keep(bytes);
      return [];
    }
    this.#keep(bytes.subarray(0, first));
    const lines = [this.#take()];
    const last = bytes.lastIndexOf(NEWLINE);
    if (last > first) {
      const whole = bytes.subarray(first + 1, last).toString('utf8');
      lines.push(...whole.split('\n').map((line) => clean(line)));
    }
    this.#keep(bytes.subarray(last + 1));
    return lines;
  }

  /** The line that no newline has ended, if there is one. */
  end(): string | undefined {
    return this.#length > 0 ? this.#take() : undefined;
  }

  #keep(bytes: Buffer): void {
    const room = MAX_LINE_BYTES - this.#length;
    if (bytes.length > room) this.#cut = true;
    if (room <= 0 || bytes.length === 0) return;
    const kept = bytes.subarray(0, room);
    this.#pending.push(kept);
    this.#length += kept.length;
  }

  #take(): string {
    const line = clean(Buffer.concat(this.#pending).toString('utf8')) + (this.#cut ? CUT_MARK : '');
    this.#pending = [];
    this.#length = 0;
    this.#cut = false;
    return line;
  }
}

/** CloudWatch Logs refuses an empty message: an empty line is a blank there. */
function clean(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text === '' ? ' ' : text;
}
