import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { begin, finish, functionError, lambda, type TestCloud, testCloud } from './cloud.ts';
import { CASES, INVOKE, only } from './state-cases.ts';

describe('a state machine', () => {
  let test: TestCloud;
  beforeEach(() => {
    const whole = 'arn:aws:lambda:eu-central-1:123456789012:function:whole';
    test = testCloud(
      lambda({
        double: (payload) => Number((payload as { n: number }).n) * 2,
        [whole]: (got) => ({ got }),
        fails: () => {
          throw functionError('NoSpace', 'disk full');
        },
      }),
    );
  });
  afterEach(() => test.close());

  it.each(CASES)('$claim', async ({ machine, input, ends }) => {
    const executionArn = await begin(test, machine, input);

    const ended = await finish(test, executionArn);

    expect(ended).toMatchObject({ status: 'SUCCEEDED', ...ends });
  });

  it('calls as the role of the machine', async () => {
    const state = {
      Type: 'Task',
      Resource: INVOKE,
      Arguments: { FunctionName: 'double', Payload: { n: 1 } },
    };

    await finish(test, await begin(test, only(state)));

    expect(test.calls.map(({ principal }) => principal.arn)).toEqual([
      'arn:aws:iam::123456789012:role/workflow',
    ]);
  });
});

describe('a Wait state', () => {
  it.each([
    [{ Seconds: 30 }, 30],
    [{ Seconds: '{% $states.input.s %}' }, 7],
    [{ Timestamp: '2026-01-01T00:01:00Z' }, 60],
    [{ Timestamp: '{% $states.input.at %}' }, 90],
    [{ Timestamp: '2025-12-31T23:00:00Z' }, 0],
  ])('%j ends after %i s', async (fields, seconds) => {
    const test = testCloud();
    const begun = test.clock.now();

    const executionArn = await begin(test, only({ Type: 'Wait', ...fields }), {
      s: 7,
      at: '2026-01-01T01:01:30+01:00',
    });
    const ended = await finish(test, executionArn);

    expect(ended.status).toBe('SUCCEEDED');
    expect(test.clock.now() - begun).toBe(seconds * 1000);
    test.close();
  });

  it.each([[{ Seconds: '{% -1 %}' }], [{ Seconds: '{% 1.5 %}' }], [{ Timestamp: '{% "soon" %}' }]])(
    '%j fails with States.QueryEvaluationError',
    async (fields) => {
      const test = testCloud();

      const ended = await finish(test, await begin(test, only({ Type: 'Wait', ...fields })));

      expect(ended).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
      test.close();
    },
  );
});

describe('Map with MaxConcurrency', () => {
  it.each([
    [{ MaxConcurrency: 1 }, 1],
    [{ MaxConcurrency: '{% 3 %}' }, 3],
    [{}, 40],
  ])('%j runs at most %i iterations at once', async (fields, most) => {
    let running = 0;
    let seen = 0;
    const test = testCloud(
      lambda({
        work: async () => {
          running += 1;
          seen = Math.max(seen, running);
          await new Promise<void>((resolve) => test.clock.at(test.clock.now() + 1000, resolve));
          running -= 1;
        },
      }),
    );
    const Work = {
      Type: 'Task',
      Resource: INVOKE,
      Arguments: { FunctionName: 'work' },
      Output: 1,
      End: true,
    };
    const ItemProcessor = { StartAt: 'Work', States: { Work } };

    const executionArn = await begin(
      test,
      only({ Type: 'Map', Items: '{% [1..60] %}', ...fields, ItemProcessor }),
    );
    const ended = await finish(test, executionArn);

    expect(ended.output).toHaveLength(60);
    expect(seen).toBe(most);
    test.close();
  });
});
