import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dynamodb } from '../../src/dynamodb/index.ts';
import { lambda } from '../../src/lambda/index.ts';
import { logs } from '../../src/logs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { type Running, role, run } from '../../test-kit/running.ts';
import { Recorder } from './recorder.ts';

let running: Running;
let recorder: Recorder;
beforeEach(() => {
  recorder = new Recorder();
});
afterEach(async () => {
  await running.close();
  recorder[Symbol.dispose]();
});

describe('a DynamoDB stream', () => {
  const Table = {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'ledger',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    },
  };
  const mapping = (more: Record<string, unknown> = {}) => ({
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
      FunctionName: { Ref: 'Recorder' },
      StartingPosition: 'TRIM_HORIZON',
      ...more,
    },
  });
  const services = [logs, (cloud: Parameters<typeof dynamodb>[0]) => dynamodb(cloud), lambda];
  const begin = (more?: Record<string, unknown>, variables: Record<string, string> = {}) =>
    run(
      {
        Role: role(['logs:*', 'dynamodb:*']),
        Table,
        Recorder: recorder.definition({ Environment: variables }),
        Mapping: mapping(more),
      },
      { services },
    );

  async function put(pk: string, more: Record<string, { S: string }> = {}): Promise<void> {
    const client = new DynamoDBClient({
      region: 'us-east-1',
      endpoint: running.cloud.endpoint,
      credentials: running.cloud.operator,
    });
    await client.send(new PutItemCommand({ TableName: 'ledger', Item: { pk: { S: pk }, ...more } }));
    client.destroy();
  }

  const keys = () =>
    recorder.seen().map(({ Records }) => Records?.map(({ dynamodb: { Keys } }) => Keys.pk.S));

  test("gives its records to the function in Lambda's shape, once, also across a restart", async () => {
    running = await begin();

    await put('a', { text: { S: 'x' } });
    await eventually(() => expect(keys().flat()).toEqual(['a']));
    running = await running.restart();
    await put('b');
    await eventually(() => expect(keys().flat()).toEqual(['a', 'b']));

    expect(recorder.seen()[0]?.Records?.[0]).toMatchObject({
      eventID: expect.any(String),
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      eventSourceARN: expect.stringMatching(/:table\/ledger\/stream\//),
      dynamodb: {
        Keys: { pk: { S: 'a' } },
        NewImage: { pk: { S: 'a' }, text: { S: 'x' } },
        StreamViewType: 'NEW_AND_OLD_IMAGES',
        SequenceNumber: expect.any(String),
        SizeBytes: expect.any(Number),
      },
    });
  });

  test('is filtered before the function sees it', async () => {
    const Pattern = JSON.stringify({
      eventName: ['INSERT'],
      dynamodb: { NewImage: { kind: { S: [{ prefix: 'or' }] } } },
    });
    running = await begin({ FilterCriteria: { Filters: [{ Pattern }] } });

    await put('a', { kind: { S: 'user' } });
    await put('b', { kind: { S: 'order' } });

    await eventually(() => expect(keys().flat()).toEqual(['b']));
  });

  test('is bisected around a record that always fails, which is given up after its retries', async () => {
    running = await begin({
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 2,
      MaximumBatchingWindowInSeconds: 1,
    });

    await Promise.all([put('a'), put('b', { poison: { S: '!' } }), put('c')]);

    await eventually(() => expect(running.log.join('\n')).toContain('gave up 1 stream record(s)'));
    // The three may have come in any order, and so may the halves.
    for (const one of ['a', 'c'])
      await eventually(() =>
        expect(keys().some((batch) => batch?.includes(one) && !batch.includes('b'))).toBe(true),
      );
  });

  test('goes on after the last record that a partial answer does not name', async () => {
    running = await begin(
      {
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 1,
        MaximumBatchingWindowInSeconds: 1,
      },
      { REPORT: 'yes' },
    );

    await put('a');
    await put('b', { poison: { S: '!' } });

    await eventually(() => expect(running.log.join('\n')).toContain('gave up 1 stream record(s)'));
    expect(keys().at(-1)).toEqual(['b']);
  });
});
