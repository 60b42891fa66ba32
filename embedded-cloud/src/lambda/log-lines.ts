/** Log lines of a stream that wait to be stored: a bounded number of them, so that a program that prints without end does not take the memory of the cloud. */

/** PutLogEvents takes 10,000 events and 1,048,576 bytes, with 26 bytes for each event. */
const BATCH_EVENTS = 10_000;
const BATCH_BYTES = 1_048_576;
const EVENT_OVERHEAD = 26;
/** Counted as PutLogEvents does. */
const MOST_WAITING = 8 * 1_048_576;

export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

export class LogLines {
  #waiting: LogEvent[] = [];
  /** Of those that wait, how many are taken already. */
  #taken = 0;
  #bytes = 0;
  #dropped = 0;
  readonly #most: number;

  /** @param most bytes that may wait */
  constructor(most = MOST_WAITING) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#taken === this.#waiting.length;
  }

  /** A line for which there is no room is dropped; how many were is a line of its own. */
  push(event: LogEvent): void {
    const bytes = bytesOf(event);
    if (!this.isEmpty && this.#bytes + bytes > this.#most) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(event);
    this.#bytes += bytes;
  }

  /** @returns the next ones, as many as one PutLogEvents takes */
  take(): LogEvent[] {
    const start = this.#taken;
    let bytes = 0;
    for (const event of this.#next()) {
      const more = bytesOf(event);
      const isFull = bytes + more > BATCH_BYTES || this.#taken - start >= BATCH_EVENTS;
      if (this.#taken > start && isFull) break;
      bytes += more;
      this.#taken += 1;
    }
    this.#bytes -= bytes;
    const batch = this.#waiting.slice(start, this.#taken);
    this.#forget();
    this.#tellDropped(batch.at(-1)?.timestamp ?? 0);
    return batch;
  }

  *#next(): Generator<LogEvent> {
    for (let at = this.#taken; at < this.#waiting.length; at++) {
      const event = this.#waiting[at];
      if (event !== undefined) yield event;
    }
  }

  /** Now and then: each time would move all that wait. */
  #forget(): void {
    if (this.#taken * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#taken);
    this.#taken = 0;
  }

  /** Behind those that came before them, and before those for which there is room now. */
  #tellDropped(timestamp: number): void {
    if (this.#dropped === 0) return;
    const message = `Log lines dropped here: ${this.#dropped}. They came faster than they could be stored.`;
    this.#dropped = 0;
    const last = this.#waiting.at(-1);
    const event = { timestamp: last?.timestamp ?? timestamp, message };
    this.#waiting.push(event);
    this.#bytes += bytesOf(event);
  }
}

const bytesOf = ({ message }: LogEvent): number => Buffer.byteLength(message) + EVENT_OVERHEAD;
