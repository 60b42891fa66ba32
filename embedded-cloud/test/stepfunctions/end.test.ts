/** Executions that are ended: by a timeout, from outside, or by their length. */

import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { begin, describeExecution, eventTypes, finish, settle, type TestCloud, testCloud } from './cloud.ts';
import { never, one, task, withFunctions } from './function-tasks.ts';

let test: TestCloud;

afterEach(() => test.close());

describe('TimeoutSeconds', () => {
  it.each([5, '{% 2 + 3 %}'])('of a Task (%s) ends it with States.Timeout', async (TimeoutSeconds) => {
    test = withFunctions({ endless: never });
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
    test = withFunctions({ endless: never });
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'End' }];
    const machine = { ...one(task('endless', { Catch }), { End: { Type: 'Succeed' } }), TimeoutSeconds: 9 };

    const ended = await finish(test, await begin(test, machine));

    expect(ended).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  });
});

describe('StopExecution', () => {
  it('aborts every branch, records error and cause, and changes nothing the second time', async () => {
    test = withFunctions({ endless: never });
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
