import { afterEach, describe, expect, it } from 'vitest';
import { AwsError } from '../../src/service.ts';
import { begin, finish, settle, type TestCloud, testCloud } from './cloud.ts';
import { one } from './one-task.ts';

let test: TestCloud;

afterEach(() => test.close());

describe('other integrations', () => {
  it('aws-sdk calls the action with PascalCase members, also of services with camelCase ones', async () => {
    test = testCloud({ 'logs:CreateLogStream': () => ({ logStreamArn: 'x' }) });

    const Arguments = { LogGroupName: 'g', LogStreamName: 's' };
    const ended = await finish(
      test,
      await begin(test, one('aws-sdk:cloudwatchlogs:createLogStream', Arguments)),
    );

    expect(ended.output).toEqual({ LogStreamArn: 'x' });
    expect(test.calls[0]?.input).toEqual({ logGroupName: 'g', logStreamName: 's' });
  });

  it('dynamodb:getItem hands attribute values through', async () => {
    test = testCloud({ 'dynamodb:GetItem': () => ({ Item: { pk: { S: 'a' } } }) });

    const Arguments = { TableName: 't', Key: { pk: { S: 'a' } } };
    const ended = await finish(test, await begin(test, one('dynamodb:getItem', Arguments)));

    expect(ended.output).toEqual({ Item: { pk: { S: 'a' } } });
    expect(test.calls[0]?.input).toEqual(Arguments);
  });

  it('events:putEvents takes a Detail of JSON, and adds execution and machine to the resources', async () => {
    test = testCloud({ 'events:PutEvents': () => ({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] }) });

    const Arguments = { Entries: [{ Source: 's', DetailType: 'd', Detail: { a: '{% 1 %}' } }] };
    const executionArn = await begin(test, one('events:putEvents', Arguments));
    const ended = await finish(test, executionArn);

    expect(ended.status).toBe('SUCCEEDED');
    const put = test.calls.find(({ action }) => action === 'PutEvents');
    expect(put?.input.Entries).toMatchObject([
      { Detail: '{"a":1}', Resources: [executionArn, expect.anything()] },
    ]);
  });

  it('events:putEvents fails with EventBridge.FailedEntry when an entry was refused', async () => {
    test = testCloud({ 'events:PutEvents': () => ({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'X' }] }) });

    const ended = await finish(test, await begin(test, one('events:putEvents', { Entries: [{}] })));

    expect(ended).toMatchObject({ status: 'FAILED', error: 'EventBridge.FailedEntry' });
  });

  it('an error of a neighbour that is none of AWS fails as SdkClientException', async () => {
    test = testCloud({ 'dynamodb:GetItem': () => Promise.reject(new Error('socket closed')) });

    const ended = await finish(test, await begin(test, one('dynamodb:getItem', {})));

    expect(ended).toMatchObject({ error: 'DynamoDB.SdkClientException', cause: 'socket closed' });
  });
});

describe('status events', () => {
  it('tell of start and end, in order, as the service', async () => {
    test = testCloud({ 'events:PutServiceEvents': () => ({}) });

    const executionArn = await begin(
      test,
      { StartAt: 'A', States: { A: { Type: 'Fail', Error: 'E', Cause: 'c' } } },
      7,
    );
    await finish(test, executionArn);
    await settle();

    const details = test.calls.map(({ input }) =>
      JSON.parse((input.Entries as { Detail: string }[])[0]?.Detail ?? ''),
    );
    expect(details).toMatchObject([
      {
        executionArn,
        status: 'RUNNING',
        input: '7',
        stopDate: null,
        output: null,
        inputDetails: { included: true },
      },
      {
        executionArn,
        status: 'FAILED',
        error: 'E',
        cause: 'c',
        stopDate: test.clock.now(),
        outputDetails: null,
      },
    ]);
    expect(test.calls[0]?.principal).toEqual({ kind: 'service', arn: 'states.amazonaws.com' });
  });

  it('that are refused do not disturb the execution', async () => {
    test = testCloud({
      'events:PutServiceEvents': () => Promise.reject(new AwsError('InternalException', '')),
    });

    const ended = await finish(test, await begin(test, { StartAt: 'A', States: { A: { Type: 'Succeed' } } }));

    expect(ended.status).toBe('SUCCEEDED');
  });
});
