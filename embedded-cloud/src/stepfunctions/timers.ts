/** Deadlines of waits, retries, timeouts and heartbeats: one sorted list and one running timer for all executions. */

export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` once at `deadline` (ms since the epoch), never before; the answer cancels it. */
  at(deadline: number, fire: () => void): () => void;
  /** Forgets every deadline. */
  stop(): void;
}

interface Entry {
  readonly deadline: number;
  fire: (() => void) | undefined;
}

/** Deadlines kept in order, so that the next one is known without a search. */
export class DeadlineList {
  #entries: Entry[] = [];

  add(deadline: number, fire: () => void): () => void {
    const entry: Entry = { deadline, fire };
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.deadline ?? 0) <= deadline) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
    return () => {
      if (entry.fire === undefined) return;
      entry.fire = undefined;
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  get next(): number | undefined {
    return this.#entries[0]?.deadline;
  }

  /** Fires, in order, everything that is due at `now`. */
  fire(now: number): void {
    for (;;) {
      const entry = this.#entries[0];
      if (entry === undefined || entry.deadline > now) return;
      this.#entries.shift();
      const { fire } = entry;
      entry.fire = undefined;
      fire?.();
    }
  }

  clear(): void {
    this.#entries = [];
  }
}

/**
 * A running timer is at most this long: Node's own limit is 2^31 ms, and a minute notices a clock that jumped (a
 * laptop that slept) soon enough.
 */
const LONGEST_SLEEP_MS = 60_000;

/** Timers on the cloud's clock. */
export function systemTimers(now: () => number): Timers {
  const deadlines = new DeadlineList();
  let timer: NodeJS.Timeout | undefined;
  let armedFor = Number.POSITIVE_INFINITY;

  function arm(): void {
    const next = deadlines.next;
    if (next === undefined || next >= armedFor) return;
    clearTimeout(timer);
    armedFor = next;
    timer = setTimeout(wake, Math.min(Math.max(next - now(), 0), LONGEST_SLEEP_MS));
  }
  function wake(): void {
    armedFor = Number.POSITIVE_INFINITY;
    deadlines.fire(now());
    arm();
  }
  return {
    now,
    at(deadline, fire) {
      const cancel = deadlines.add(deadline, fire);
      arm();
      return cancel;
    },
    stop() {
      clearTimeout(timer);
      deadlines.clear();
      armedFor = Number.POSITIVE_INFINITY;
    },
  };
}
