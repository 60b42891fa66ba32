import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { backoff } from '../../src/stepfunctions/handlers.ts';
import { begin, finish, functionError, type TestCloud, testCloud } from './cloud.ts';
import { one, task, withFunctions } from './function-tasks.ts';

let test: TestCloud;

afterEach(() => test.close());

describe('Retry', () => {
  it('tries again with a growing interval until it succeeds, and counts in the context', async () => {
    const attempts: { at: number; payload: unknown }[] = [];
    test = withFunctions({
      flaky: (payload) => {
        attempts.push({ at: test.clock.now(), payload });
        if (attempts.length < 4) throw functionError('Busy');
        return 'done';
      },
    });
    const begun = test.clock.now();
    const Retry = [
      { ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10, MaxAttempts: 5 },
    ];

    const ended = await finish(test, await begin(test, one(task('flaky', { Retry }))));

    expect(ended.output).toBe('done');
    expect(attempts.map(({ at }) => (at - begun) / 1000)).toEqual([0, 2, 8, 18]);
    expect(attempts.map(({ payload }) => payload)).toEqual([{ try: 0 }, { try: 1 }, { try: 2 }, { try: 3 }]);
  });

  it('gives up after MaxAttempts, by default three retries', async () => {
    let calls = 0;
    test = withFunctions({
      broken: () => {
        calls += 1;
        throw functionError('Broken');
      },
    });

    const ended = await finish(
      test,
      await begin(test, one(task('broken', { Retry: [{ ErrorEquals: ['States.ALL'] }] }))),
    );

    expect(ended).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(calls).toBe(4);
  });

  it('counts each clause for itself', async () => {
    const thrown: string[] = [];
    test = withFunctions({
      mixed: () => {
        const name = thrown.length % 2 === 0 ? 'A' : 'B';
        thrown.push(name);
        throw functionError(name);
      },
    });
    const Retry = [
      { ErrorEquals: ['A'], MaxAttempts: 2 },
      { ErrorEquals: ['B'], MaxAttempts: 1 },
    ];

    const ended = await finish(test, await begin(test, one(task('mixed', { Retry }))));

    expect(ended.error).toBe('B');
    expect(thrown).toEqual(['A', 'B', 'A', 'B']);
  });

  it('runs all branches of a Parallel again', async () => {
    let calls = 0;
    test = withFunctions({
      second: () => {
        calls += 1;
        if (calls === 1) throw functionError('First');
        return calls;
      },
    });
    const branch = (name: string) => ({ StartAt: name, States: { [name]: task('second') } });
    const Only = {
      Type: 'Parallel',
      Branches: [branch('L'), branch('R')],
      Retry: [{ ErrorEquals: ['First'] }],
      End: true,
    };

    const ended = await finish(test, await begin(test, one(Only)));

    expect(ended.status).toBe('SUCCEEDED');
    expect(calls).toBe(4);
  });

  it('waits interval × rate^n, capped, and with full jitter a part of it', () => {
    fc.assert(
      fc.property(
        fc.record({
          interval: fc.integer({ min: 1, max: 60 }),
          rate: fc.double({ min: 1, max: 4, noNaN: true }),
          cap: fc.integer({ min: 1, max: 600 }),
          retries: fc.integer({ min: 0, max: 20 }),
          part: fc.double({ min: 0, max: 0.999, noNaN: true }),
        }),
        ({ interval, rate, cap, retries, part }) => {
          const retrier = {
            ErrorEquals: ['A'],
            IntervalSeconds: interval,
            BackoffRate: rate,
            MaxDelaySeconds: cap,
          };

          const plain = backoff(retrier, retries);
          const jittered = backoff({ ...retrier, JitterStrategy: 'FULL' }, retries, () => part);

          expect(plain).toBe(Math.round(Math.min(interval * rate ** retries, cap) * 1000));
          expect(jittered).toBeLessThanOrEqual(plain);
          expect(Math.abs(jittered - plain * part)).toBeLessThanOrEqual(1);
        },
      ),
    );
    test = testCloud();
  });
});
