/** Claims on trying again. */
import { describe, expect, test } from 'vitest';
import { backoff, jittered, retry } from '../../lib/contract/retry.ts';

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

/** Fails so often, then works. @returns what it came to, and how often it was tried */
async function afterFailures(failures: number, more: Partial<Parameters<typeof retry>[1]> = {}) {
  let tries = 0;
  const act = async () => {
    tries += 1;
    if (tries <= failures) throw new Error(`failure ${tries}`);
    return 'done';
  };
  const rule = { pause: () => 0, helps: () => true, ...more };
  const result = await retry(act, rule).catch((error: unknown) => String(error));
  return { result, tries };
}

describe('a retry', () => {
  test.each([
    ['that need not try again tries once', 0, {}, 'done', 1],
    ['tries until it works', 5, {}, 'done', 6],
    ['works with the last of its attempts', 2, { attempts: 3 }, 'done', 3],
    ['throws the last error after its attempts', 9, { attempts: 3 }, 'Error: failure 3', 3],
    ['does not repeat what no repeat helps', 9, { helps: () => false }, 'Error: failure 1', 1],
    [
      'tells its caller when it is asked to wait too long',
      9,
      { asked: () => 31, longest: 30 },
      'Error: failure 1',
      1,
    ],
    ['ends when its signal does', 9, { signal: AbortSignal.abort('stopped') }, 'stopped', 0],
  ])('%s', async (_, failures, rule, result, tries) => {
    expect(await afterFailures(failures, rule)).toEqual({ result, tries });
  });

  test('stops in the middle of a pause when its signal says so', async () => {
    const stop = new AbortController();

    const told = await afterFailures(9, {
      pause: () => 3_600_000,
      signal: stop.signal,
      onRetry: () => queueMicrotask(() => stop.abort('stopped')),
    });

    expect(told).toEqual({ result: 'stopped', tries: 1 });
  });
});

test('pauses double, and are never longer than the longest', () => {
  const pause = backoff(10, 320);

  expect([1, 2, 3, 4, 5, 6, 7, 50].map(pause)).toEqual([10, 20, 40, 80, 160, 320, 320, 320]);
});

test('each who waits does so from half of the pause to one and a half of it', () => {
  const waits = Array.from({ length: 200 }, () => jittered(100));

  expect(Math.min(...waits)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...waits)).toBeLessThanOrEqual(150);
  expect(new Set(waits).size).toBeGreaterThan(100);
});
