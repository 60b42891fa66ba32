import type { Timers } from '../timers.ts';

/** Resolves after `milliseconds`; never, when the cloud stops before. */
export function pause(timers: Timers, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    timers.at(timers.now() + milliseconds, resolve);
  });
}
