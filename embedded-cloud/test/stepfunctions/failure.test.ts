import { afterEach, describe, expect, it } from 'vitest';
import { AwsError } from '../../src/service.ts';
import { takes } from '../../src/stepfunctions/failure.ts';
import { begin, eventTypes, finish, functionError, type TestCloud, testCloud } from './cloud.ts';
import { never, one, task, withFunctions } from './function-tasks.ts';

let test: TestCloud;

afterEach(() => test.close());

describe('Catch', () => {
  it('hands the error output on, and its Assign and Output see it', async () => {
    test = withFunctions({
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
    test = withFunctions({ fine: () => ({}) });
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
    test = withFunctions({ endless: never });
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
    test = withFunctions({
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
    test = withFunctions({}, { [action]: () => Promise.reject(error) });
    const state = { Type: 'Task', Resource: `arn:aws:states:::${integration}`, End: true };

    const ended = await finish(test, await begin(test, one(state)));

    expect(ended).toMatchObject({ status: 'FAILED', error: name });
    expect(ended.cause).toContain(error.message);
  });
});
