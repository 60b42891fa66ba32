/** Time that a test moves. */
import { DeadlineList, type Timers } from '../timers.ts';

/** A clock, in milliseconds since the epoch. */
export interface MovableClock {
  now(): number;
  /** Moves it on; a time that has passed changes nothing. */
  moveTo(time: number): void;
}

export function movableClock(start = '2026-01-01T00:00:00Z'): MovableClock {
  let time = Date.parse(start);
  return {
    now: () => time,
    moveTo(to) {
      time = Math.max(time, to);
    },
  };
}

/** Deadlines that fire when they are told to. */
export class ManualTimers implements Timers {
  readonly clock: MovableClock;
  readonly #deadlines = new DeadlineList();

  constructor(clock: MovableClock) {
    this.clock = clock;
  }

  now = (): number => this.clock.now();

  at = (deadline: number, fire: () => void): (() => void) => this.#deadlines.add(deadline, fire);

  stop = (): void => this.#deadlines.clear();

  /** Fires, in order, everything that is due. */
  fire(): void {
    this.#deadlines.fire(this.now());
  }

  get next(): number | undefined {
    return this.#deadlines.next;
  }
}
