/** Claims on trying again. */
import { expect, test } from 'vitest';
import { retry } from '../../lib/contract/retry.ts';

/** A host that takes so long to fail, on a clock of its own. @returns when each try began, in seconds, and the failure */
async function tried(seconds: number, withinSeconds: number, pause = 0) {
  let clock = 0;
  const began: number[] = [];
  const silent = async () => {
    began.push(clock / 1000);
    clock += seconds * 1000;
    throw new Error('no answer');
  };
  const rule = { within: withinSeconds * 1000, pause: () => pause, helps: () => true, now: () => clock };
  const failure = await retry(silent, rule).catch((error: Error) => error.message);
  return { began, failure };
}

test('two minutes of patience are two minutes from the first failure on, also where each try takes 45 s', async () => {
  const { began, failure } = await tried(45, 120);

  // The first has failed after 45 s; none begins later than 165 s.
  expect(began).toEqual([0, 45, 90, 135]);
  expect(failure).toBe('no answer');
});

test('a pause that would end after that is not begun', async () => {
  // Half of a pause is the least that is waited.
  const { began } = await tried(45, 120, 241_000);

  expect(began).toHaveLength(1);
});
