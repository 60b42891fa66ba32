/** Time and randomness that a test holds in its hand. */
import { createHash } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { Clock, Randomness } from '../../lib/domain/ports/index.ts';

export interface SimulatedClock extends Clock {
  advance(milliseconds: number): void;
}

/** A clock that stands still until it is moved. */
export function simulatedClock(start = '2026-11-21T09:30:00.000Z'): SimulatedClock {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    advance(milliseconds) {
      time += milliseconds;
    },
  };
}

/** The same seed gives the same ids and secrets in the same order. */
export function seededRandomness(seed: string | number = 0): Randomness {
  let drawn = 0;
  const draw = (purpose: string): Buffer =>
    createHash('sha256').update(`${seed}\n${purpose}\n${drawn++}`).digest();
  const monotonic = monotonicFactory(() => draw('ulid').readUInt32BE() / 2 ** 32);
  return {
    ulid: (at) => monotonic(at),
    secret: () => draw('secret').toString('base64url'),
  };
}
