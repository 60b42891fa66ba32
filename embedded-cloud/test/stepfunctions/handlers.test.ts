import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { AwsError } from '../../src/service.ts';
import { takes } from '../../src/stepfunctions/failure.ts';
import { backoff } from '../../src/stepfunctions/handlers.ts';
import { eventually } from '../../test-kit/patience.ts';
import {
  begin,
  describeExecution,
  eventTypes,
  finish,
  functionError,
  lambda,
  type Neighbour,
  settle,
  type TestCloud,
  testCloud,
} from './cloud.ts';

let test: TestCloud;
afterEach(() => test.close());

function withFunctions(
  functions: Record<string, (payload: unknown) => unknown>,
  more: Record<string, Neighbour> = {},
) {
  test = testCloud({ ...lambda(functions), ...more });
  return test;
}
function task(FunctionName: string, fields: Record<string, unknown> = {}) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName, Payload: { try: '{% $states.context.State.RetryCount %}' } },
    Output: '{% $states.result.Payload %}',
    End: true,
    ...fields,
  };
}
function one(state: Record<string, unknown>, others: Record<string, unknown> = {}) {
  return { StartAt: 'Only', States: { Only: state, ...others } };
}
const never = () => new Promise(() => {});

describe('Retry', () => {
  it('tries again with a growing interval until it succeeds, and counts in the context', async () => {
    const attempts: { at: number; payload: unknown }[] = [];
    withFunctions({
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
    withFunctions({
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
    withFunctions({
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
    withFunctions({
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

describe('Catch', () => {
  it('hands the error output on, and its Assign and Output see it', async () => {
    withFunctions({
      broken: () => {
        throw functionError('Broken', 'why');
      },
    });
    const Catch = [
      { ErrorEquals: ['Other'], Next: 'End' },
      {
        ErrorEquals: ['States.TaskFailed'],
        Assign: { name: '{% $states.errorOutput.Error %}' },
        Output: { message: '{% $parse($states.errorOutput.Cause).errorMessage %}' },
        Next: 'End',
      },
    ];
    const End = { Type: 'Succeed', Output: '{% [$name, $states.input.message] %}' };

    const ended = await finish(test, await begin(test, one(task('broken', { Catch }), { End })));

    expect(ended.output).toEqual(['Broken', 'why']);
  });

  it('takes an expression of the state that fails', async () => {
    withFunctions({ fine: () => ({}) });
    const Catch = [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'End' }];
    const state = task('fine', { Output: '{% $states.result.Payload.missing %}', Catch });

    const executionArn = await begin(test, one(state, { End: { Type: 'Succeed' } }));
    const ended = await finish(test, executionArn);

    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'States.QueryEvaluationError' } });
    expect(await eventTypes(test, executionArn)).toContain('EvaluationFailed');
  });

  it.each([
    ['States.ALL', 'Own', true],
    ['States.ALL', 'States.Runtime', false],
    ['States.Runtime', 'States.Runtime', false],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.TaskFailed', 'Own', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.HeartbeatTimeout', false],
    ['States.Timeout', 'States.HeartbeatTimeout', true],
    ['States.HeartbeatTimeout', 'States.Timeout', false],
    ['Own', 'Other', false],
  ])('%s takes %s: %s', (clause, error, taken) => {
    test = testCloud();

    expect(takes([clause], error)).toBe(taken);
  });
});

describe('a failing branch', () => {
  it('aborts its siblings at once', async () => {
    withFunctions({ endless: never });
    const Only = {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Endless', States: { Endless: task('endless') } },
        { StartAt: 'Long', States: { Long: { Type: 'Wait', Seconds: 3600, End: true } } },
        {
          StartAt: 'Short',
          States: { Short: { Type: 'Wait', Seconds: 1, Next: 'Bad' }, Bad: { Type: 'Fail', Error: 'Bad' } },
        },
      ],
      Catch: [{ ErrorEquals: ['Bad'], Next: 'Caught' }],
      End: true,
    };

    const executionArn = await begin(test, one(Only, { Caught: { Type: 'Succeed', Output: 'caught' } }));
    const begun = test.clock.now();
    const ended = await finish(test, executionArn);

    expect(ended.output).toBe('caught');
    expect(test.clock.now() - begun).toBe(1000);
    const types = await eventTypes(test, executionArn);
    expect(types).toEqual(
      expect.arrayContaining(['TaskStateAborted', 'WaitStateAborted', 'ParallelStateFailed']),
    );
    expect(test.clock.next).toBeUndefined();
  });

  it('keeps a Map from starting further iterations', async () => {
    let started = 0;
    withFunctions({
      work: (payload) => {
        started += 1;
        if ((payload as { item: number }).item === 2) throw functionError('Two');
      },
    });
    const Work = {
      ...task('work'),
      Arguments: { FunctionName: 'work', Payload: { item: '{% $states.input %}' } },
    };
    const Only = { Type: 'Map', Items: [1, 2, 3, 4], MaxConcurrency: 1, End: true };

    const ended = await finish(
      test,
      await begin(test, one({ ...Only, ItemProcessor: { StartAt: 'Work', States: { Work } } })),
    );

    expect(ended.error).toBe('Two');
    expect(started).toBe(2);
  });
});

describe('TimeoutSeconds', () => {
  it.each([5, '{% 2 + 3 %}'])('of a Task (%s) ends it with States.Timeout', async (TimeoutSeconds) => {
    withFunctions({ endless: never });
    const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'End' }];

    const executionArn = await begin(
      test,
      one(task('endless', { TimeoutSeconds, Catch }), { End: { Type: 'Succeed' } }),
    );
    const begun = test.clock.now();
    const ended = await finish(test, executionArn);

    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'States.Timeout' } });
    expect(test.clock.now() - begun).toBe(5000);
    expect(await eventTypes(test, executionArn)).toContain('TaskTimedOut');
  });

  it('of the machine ends everything as TIMED_OUT, which nothing catches', async () => {
    withFunctions({ endless: never });
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'End' }];
    const machine = { ...one(task('endless', { Catch }), { End: { Type: 'Succeed' } }), TimeoutSeconds: 9 };

    const ended = await finish(test, await begin(test, machine));

    expect(ended).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  });
});

describe('StopExecution', () => {
  it('aborts every branch, records error and cause, and changes nothing the second time', async () => {
    withFunctions({ endless: never });
    const branch = (name: string) => ({ StartAt: name, States: { [name]: task('endless') } });
    const Only = { Type: 'Parallel', Branches: [branch('L'), branch('R')], End: true };
    const executionArn = await begin(test, one(Only));
    await settle();

    const first = await test.act('StopExecution', { executionArn, error: 'Enough', cause: 'asked' });
    const second = await test.act('StopExecution', { executionArn, error: 'Again' });

    expect(await describeExecution(test, executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'Enough',
      cause: 'asked',
    });
    expect(second).toEqual(first);
    expect((await eventTypes(test, executionArn)).slice(-4)).toEqual([
      'TaskStateAborted',
      'TaskStateAborted',
      'ParallelStateAborted',
      'ExecutionAborted',
    ]);
  });
});

describe('a machine that loops without end', () => {
  const States = {
    Loop: { Type: 'Pass', Next: 'Again' },
    Again: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'End' }], Default: 'Loop' },
    End: { Type: 'Succeed' },
  };

  it('can be stopped', async () => {
    test = testCloud();
    const executionArn = await begin(test, { StartAt: 'Loop', States });
    await settle();

    await test.act('StopExecution', { executionArn });

    expect(await describeExecution(test, executionArn)).toMatchObject({ status: 'ABORTED' });
  });

  it('fails when its history is full', async () => {
    test = testCloud();
    const executionArn = await begin(test, { StartAt: 'Loop', States });

    await eventually(async () => expect((await describeExecution(test, executionArn)).status).toBe('FAILED'));

    const ended = await describeExecution(test, executionArn);
    expect(ended).toMatchObject({ error: 'States.Runtime', cause: expect.stringContaining('25000') });
  });
});

describe('an error of a service', () => {
  const conflict = new AwsError('ConditionalCheckFailedException', 'The conditional request failed');
  const denied = new AwsError('AccessDeniedException', 'User: x is not authorized to perform: y');

  it.each([
    ['aws-sdk:dynamodb:putItem', 'dynamodb:PutItem', conflict, 'DynamoDb.ConditionalCheckFailedException'],
    ['dynamodb:putItem', 'dynamodb:PutItem', conflict, 'DynamoDB.ConditionalCheckFailedException'],
    ['aws-sdk:dynamodb:putItem', 'dynamodb:PutItem', denied, 'DynamoDb.DynamoDbException'],
    ['lambda:invoke', 'lambda:Invoke', denied, 'Lambda.AWSLambdaException'],
    [
      'lambda:invoke',
      'lambda:Invoke',
      new AwsError('TooManyRequestsException', ''),
      'Lambda.TooManyRequestsException',
    ],
    [
      'aws-sdk:ssm:getParameter',
      'ssm:GetParameter',
      new AwsError('ParameterNotFound', ''),
      'Ssm.ParameterNotFoundException',
    ],
  ])('of %s surfaces as AWS names it', async (integration, action, error, name) => {
    withFunctions({}, { [action]: () => Promise.reject(error) });
    const state = { Type: 'Task', Resource: `arn:aws:states:::${integration}`, End: true };

    const ended = await finish(test, await begin(test, one(state)));

    expect(ended).toMatchObject({ status: 'FAILED', error: name });
    expect(ended.cause).toContain(error.message);
  });
});
