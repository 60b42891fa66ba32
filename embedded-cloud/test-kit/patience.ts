/** How long tests wait: for conditions only, and with one limit, as nobody knows how busy the machine is that runs them. */
import { vi } from 'vitest';

/**
 * A test that waits this long will not see its condition come true any more. The slowest wait of the suite is over in
 * 5 s on an idle machine; two processors that are shared with others have taken ten times as long.
 */
export const PATIENCE = { timeout: 240_000, interval: 10 } as const;

/** Between two questions to a server, in ms: an answer costs it 5 ms of a processor. */
const BETWEEN_QUESTIONS = 50;

/** For a test, or a hook, as a whole: it may wait more than once, and its own message comes first. */
export const TEST_LIMIT = 3 * PATIENCE.timeout;

/** For a limit of the product that a test lets run out, in s: until then a busy machine has got to what it is to end. */
export const RUNS_OUT = 5;

/** Repeats an assertion until it holds. @returns what it returned, or throws what it threw last */
export function eventually<T>(assertion: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assertion, PATIENCE);
}

/** Asks until the answer is `done`. Not expect.poll, which knows no tests side by side. */
export function until<T>(ask: () => T | Promise<T>, done: (answer: T) => boolean): Promise<T> {
  const asking = async () => {
    const answer = await ask();
    if (!done(answer)) throw new Error(`It is still ${JSON.stringify(answer)}.`);
    return answer;
  };
  return vi.waitFor(asking, { ...PATIENCE, interval: BETWEEN_QUESTIONS });
}
