import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACCOUNT, REGION } from '../../test-kit/small-cloud.ts';
import { LETTERS, type LettersQueue, lettersQueue, refusal, restarted } from './queue.ts';

let queue: LettersQueue;
beforeEach(async () => {
  queue = await lettersQueue();
});
afterEach(() => queue.cloud.stop());

describe('a queue', () => {
  test('has the defaults of SQS, and its URL leads to it', async () => {
    const found = await queue.client.send(new GetQueueUrlCommand({ QueueName: 'letters' }));

    expect(found.QueueUrl).toBe(queue.url);
    expect(await queue.attributes()).toEqual({
      QueueArn: LETTERS,
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      CreatedTimestamp: expect.stringMatching(/^\d{10}$/),
      LastModifiedTimestamp: expect.stringMatching(/^\d{10}$/),
      DelaySeconds: '0',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      VisibilityTimeout: '30',
      SqsManagedSseEnabled: 'true',
    });
  });

  test('is the same one when it is created again, and refused with other attributes', async () => {
    const again = await queue.client.send(new CreateQueueCommand({ QueueName: 'letters' }));
    const Attributes = { VisibilityTimeout: '5' };
    const other = queue.client.send(new CreateQueueCommand({ QueueName: 'letters', Attributes }));

    expect(again.QueueUrl).toBe(queue.url);
    expect(await refusal(other)).toBe('QueueNameExists');
  });

  test('refuses values out of range, unknown attributes and what the embedded cloud does not have', async () => {
    const set = (Attributes: Record<string, string>) =>
      refusal(queue.client.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes })));

    expect(await set({ MessageRetentionPeriod: '59' })).toBe('InvalidAttributeValue');
    expect(await set({ VisibilityTimeout: '43201' })).toBe('InvalidAttributeValue');
    expect(await set({ Policy: '{"Statement":[{"Effect":"Allow"}]}' })).toBe('InvalidAttributeValue');
    expect(await set({ RedrivePolicy: '{"maxReceiveCount":3}' })).toBe('InvalidAttributeValue');
    expect(await set({ Colour: 'red' })).toBe('InvalidAttributeName');
    expect((await queue.attributes()).MessageRetentionPeriod).toBe('345600');
  });

  test('is found by the beginning of its name, and is gone with its messages once it is deleted', async () => {
    await queue.client.send(new CreateQueueCommand({ QueueName: 'parcels' }));
    await queue.send('one');

    const listed = await queue.client.send(new ListQueuesCommand({ QueueNamePrefix: 'let' }));
    await queue.client.send(new DeleteQueueCommand({ QueueUrl: queue.url }));

    expect(listed.QueueUrls).toEqual([queue.url]);
    expect(await refusal(queue.send('two'))).toBe('QueueDoesNotExist');
    await queue.client.send(new CreateQueueCommand({ QueueName: 'letters' }));
    expect(await queue.receive()).toEqual([]);
  });
});

test('a queue is purged of what it holds, hidden or not', async () => {
  for (const body of ['one', 'two']) await queue.send(body);
  await queue.receive({ MaxNumberOfMessages: 1 });

  await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.url }));

  expect(await queue.attributes()).toMatchObject({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
  });
});

test('attributes that a queue does not have are left out when they are asked for, and those of no queue are refused', async () => {
  const ask = (...AttributeNames: string[]) =>
    queue.client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queue.url,
        AttributeNames: AttributeNames as QueueAttributeName[],
      }),
    );

  const found = await ask('RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'Policy', 'QueueArn');

  expect(found.Attributes).toEqual({ QueueArn: LETTERS });
  expect(await refusal(ask('Colour'))).toBe('InvalidAttributeName');
});

describe('permission', () => {
  const allow = (more: object) => ({
    Effect: 'Allow',
    Action: 'sqs:SendMessage',
    Resource: LETTERS,
    ...more,
  });
  const asService = (sourceArn: string) =>
    queue.cloud.cloud.call(
      { kind: 'service', arn: 'events.amazonaws.com', sourceArn },
      'sqs',
      'SendMessage',
      {
        QueueUrl: `/${ACCOUNT}/letters`,
        MessageBody: 'one',
      },
    );

  test('is asked of the role for each action by the queue, and a batch needs that of one message', async () => {
    const sender = new SQSClient(queue.cloud.role('sender', [allow({})]));
    const Entries = [{ Id: 'a', MessageBody: 'one' }];

    await sender.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));

    expect(await refusal(sender.send(new ReceiveMessageCommand({ QueueUrl: queue.url })))).toBe(
      'AccessDeniedException',
    );
    expect(await refusal(sender.send(new CreateQueueCommand({ QueueName: 'other' })))).toBe(
      'AccessDeniedException',
    );
  });

  test('to create a queue can hang on the tags that it gets, and then covers tagging it', async () => {
    const create = (role: string, Action: string[], tags?: Record<string, string>) =>
      refusal(
        new SQSClient(
          queue.cloud.role(role, [
            {
              Effect: 'Allow',
              Action,
              Resource: '*',
              Condition: {
                StringEquals: { 'aws:RequestTag/team': 'a' },
                'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
              },
            },
          ]),
        ).send(new CreateQueueCommand({ QueueName: `of-${role}`, ...(tags && { tags }) })),
      );
    const both = ['sqs:CreateQueue', 'sqs:TagQueue'];

    expect(await create('tagger', both, { team: 'a' })).toBe('nothing was refused');
    expect(await create('wrong', both, { team: 'b' })).toBe('AccessDeniedException');
    expect(await create('more', both, { team: 'a', cost: '1' })).toBe('AccessDeniedException');
    expect(await create('none', both)).toBe('AccessDeniedException');
    expect(await create('only', ['sqs:CreateQueue'], { team: 'a' })).toBe('AccessDeniedException');
  });

  test('of a service is given by the queue’s policy alone, for the source that it names', async () => {
    const rule = `arn:aws:events:${REGION}:${ACCOUNT}:rule/mine`;
    const denied = await refusal(asService(rule));
    const Policy = {
      Version: '2012-10-17',
      Statement: [
        allow({
          Principal: { Service: 'events.amazonaws.com' },
          Condition: { ArnEquals: { 'aws:SourceArn': rule } },
        }),
      ],
    };
    await queue.cloud.provide('AWS::SQS::Queue', { QueueName: 'letters' });
    await queue.cloud.provide('AWS::SQS::QueuePolicy', { Queues: [queue.url], PolicyDocument: Policy });

    expect(denied).toBe('AccessDeniedException');
    expect(await refusal(asService(rule))).toBe('nothing was refused');
    expect(await refusal(asService(`${rule}-not`))).toBe('AccessDeniedException');
  });
});

test('the queue of a template is its URL, keeps its messages, and is gone when the template drops it', async () => {
  const properties = {
    MessageRetentionPeriod: 1_209_600,
    SqsManagedSseEnabled: true,
    Tags: [{ Key: 'team', Value: 'a' }],
  };
  const made = await queue.cloud.provide('AWS::SQS::Queue', properties, 'DeadLetters');
  const url = `${queue.cloud.operator.endpoint}/${ACCOUNT}/Stack-DeadLetters-0a1b2c3d`;
  await queue.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'one' }));

  const again = await queue.cloud.provide('AWS::SQS::Queue', properties, 'DeadLetters');
  const kept = await queue.receive({ QueueUrl: url, VisibilityTimeout: 0 });
  await queue.cloud.stop(false);
  queue = await restarted(queue.cloud.folder);
  await queue.cloud.service.start?.();

  expect(made).toEqual({
    ref: url,
    attributes: {
      Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:Stack-DeadLetters-0a1b2c3d`,
      QueueName: 'Stack-DeadLetters-0a1b2c3d',
      QueueUrl: url,
    },
  });
  expect(again.ref).toBe(url);
  expect(kept).toHaveLength(1);
  const listed = await queue.client.send(new ListQueuesCommand({}));
  expect(listed.QueueUrls).toEqual([queue.url]);
  await expect(queue.cloud.provide('AWS::SQS::Queue', { FifoQueue: true })).rejects.toThrow(/FIFO/);
});
