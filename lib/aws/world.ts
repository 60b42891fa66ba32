/** Time and randomness of the real world. */
import { randomBytes } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { Clock, Randomness } from '../domain/ports/index.ts';

export const clock: Clock = { now: () => new Date() };

const monotonic = monotonicFactory();

export const randomness: Randomness = {
  ulid: (at) => monotonic(at),
  secret: () => randomBytes(32).toString('base64url'),
};
