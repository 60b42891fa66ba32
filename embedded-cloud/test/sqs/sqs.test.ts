import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Call, Service } from '../../src/service.ts';
import { sqs } from '../../src/sqs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { ACCOUNT, REGION, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const ARN = `arn:aws:sqs:${REGION}:${ACCOUNT}:letters`;
let cloud: SmallCloud<Service>;
let client: SQSClient;
let QueueUrl: string;

async function begin(folder?: string): Promise<void> {
  cloud = await smallCloud(sqs, folder);
  client = new SQSClient(cloud.operator);
  QueueUrl = `${cloud.operator.endpoint}/${ACCOUNT}/letters`;
}
beforeEach(async () => {
  await begin();
  await client.send(new CreateQueueCommand({ QueueName: 'letters' }));
});
afterEach(() => cloud.stop());

const send = (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const receive = async (more: Partial<ReceiveMessageCommandInput> = {}) => {
  const input = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const], ...more };
  return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
};
const attributes = async () =>
  (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
const refusal = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error.name : 'nothing was refused';
};

describe('a queue', () => {
  test('has the defaults of SQS, and its URL leads to it', async () => {
    const found = await client.send(new GetQueueUrlCommand({ QueueName: 'letters' }));

    expect(found.QueueUrl).toBe(QueueUrl);
    expect(await attributes()).toEqual({
      QueueArn: ARN,
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
    const again = await client.send(new CreateQueueCommand({ QueueName: 'letters' }));
    const Attributes = { VisibilityTimeout: '5' };
    const other = client.send(new CreateQueueCommand({ QueueName: 'letters', Attributes }));

    expect(again.QueueUrl).toBe(QueueUrl);
    expect(await refusal(other)).toBe('QueueNameExists');
  });

  test('refuses values out of range, unknown attributes and what the embedded cloud does not have', async () => {
    const set = (Attributes: Record<string, string>) =>
      refusal(client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes })));

    expect(await set({ MessageRetentionPeriod: '59' })).toBe('InvalidAttributeValue');
    expect(await set({ VisibilityTimeout: '43201' })).toBe('InvalidAttributeValue');
    expect(await set({ Policy: '{"Statement":[{"Effect":"Allow"}]}' })).toBe('InvalidAttributeValue');
    expect(await set({ RedrivePolicy: '{"maxReceiveCount":3}' })).toBe('InvalidAttributeValue');
    expect(await set({ Colour: 'red' })).toBe('InvalidAttributeName');
    expect((await attributes()).MessageRetentionPeriod).toBe('345600');
  });

  test('is found by the beginning of its name, and is gone with its messages once it is deleted', async () => {
    await client.send(new CreateQueueCommand({ QueueName: 'parcels' }));
    await send('one');

    const listed = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'let' }));
    await client.send(new DeleteQueueCommand({ QueueUrl }));

    expect(listed.QueueUrls).toEqual([QueueUrl]);
    expect(await refusal(send('two'))).toBe('QueueDoesNotExist');
    await client.send(new CreateQueueCommand({ QueueName: 'letters' }));
    expect(await receive()).toEqual([]);
  });
});

describe('a message', () => {
  test('comes with its id, its digests, attributes and what the service knows of it', async () => {
    const MessageAttributes = {
      RULE_ARN: { DataType: 'String', StringValue: 'arn:aws:events' },
      picture: { DataType: 'Binary.png', BinaryValue: Buffer.from([0, 255]) },
    };
    const sent = await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'héllo\n☃', MessageAttributes }),
    );

    const [message] = await receive({ MessageAttributeNames: ['All'] });

    expect(message).toEqual({
      MessageId: sent.MessageId,
      ReceiptHandle: expect.any(String),
      Body: 'héllo\n☃',
      MD5OfBody: sent.MD5OfMessageBody,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttributes: {
        RULE_ARN: { DataType: 'String', StringValue: 'arn:aws:events' },
        picture: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255]) },
      },
      Attributes: {
        ApproximateReceiveCount: '1',
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
      },
    });
  });

  test('has digests that any client can compute', async () => {
    // The digest is over the names in their order, in whichever these are sent.
    const MessageAttributes = {
      my_attribute_name_2: { DataType: 'String', StringValue: 'my_attribute_value_2' },
      my_attribute_name_1: { DataType: 'String', StringValue: 'my_attribute_value_1' },
    };
    const sent = await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'This is a test message', MessageAttributes }),
    );

    // Of the example in the API reference of SendMessage.
    expect(sent.MD5OfMessageBody).toBe('fafb00f5732ab283681e124bf8747ed1');
    expect(sent.MD5OfMessageAttributes).toBe('c48838208d2b4e14e3ca0093a8443f09');
  });

  test('is hidden once it is received, until its time is over, and counts how often it was received', async () => {
    await send('one');

    const first = await receive({ VisibilityTimeout: 10 });
    const hidden = await receive();
    const counted = await attributes();
    cloud.advance(11 * SECOND);
    const second = await receive();

    expect([first.length, hidden.length, second.length]).toEqual([1, 0, 1]);
    expect(counted).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
    expect(second[0]?.Attributes?.ApproximateReceiveCount).toBe('2');
    expect(second[0]?.Attributes?.ApproximateFirstReceiveTimestamp).toBe(
      first[0]?.Attributes?.ApproximateFirstReceiveTimestamp,
    );
  });

  test('is deleted by its last receipt only', async () => {
    await send('one');
    const [early] = await receive({ VisibilityTimeout: 0 });
    const [late] = await receive({ VisibilityTimeout: 0 });

    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: early?.ReceiptHandle }));
    const still = await receive({ VisibilityTimeout: 0 });
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: still[0]?.ReceiptHandle }));

    expect(late?.ReceiptHandle).not.toBe(early?.ReceiptHandle);
    expect(still).toHaveLength(1);
    expect(await receive()).toEqual([]);
    expect(
      await refusal(client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'nonsense' }))),
    ).toBe('ReceiptHandleIsInvalid');
  });

  test('can be given back, or hidden for longer, as long as it is in flight', async () => {
    await send('one');
    const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
    const [first] = await receive();

    await change(first?.ReceiptHandle, 0);
    const late = await refusal(change(first?.ReceiptHandle, 10));
    const [second] = await receive({ VisibilityTimeout: 5 });
    await change(second?.ReceiptHandle, 60);
    cloud.advance(30 * SECOND);

    expect(late).toBe('MessageNotInflight');
    expect(second?.Body).toBe('one');
    expect(await receive()).toEqual([]);
    expect(await refusal(change(second?.ReceiptHandle, 43_200))).toBe('InvalidParameterValue');
  });

  test('vanishes after the retention time of its queue, however often it was received', async () => {
    const Attributes = { MessageRetentionPeriod: String((14 * DAY) / SECOND) };
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    await send('one');

    cloud.advance(13 * DAY);
    const before = await receive({ VisibilityTimeout: 0 });
    cloud.advance(DAY);

    expect(before).toHaveLength(1);
    expect(await receive()).toEqual([]);
  });

  test('of too many bytes, or of none, or that no XML could hold, is refused', async () => {
    const Attributes = { MaximumMessageSize: '1024' };
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));

    expect(await refusal(send('x'.repeat(1_024)))).toBe('nothing was refused');
    expect(await refusal(send('x'.repeat(1_025)))).toBe('InvalidParameterValue');
    expect(await refusal(send(''))).toBe('MissingParameter');
    expect(await refusal(send('\u0000'))).toBe('InvalidMessageContents');
  });

  const sendWith = (MessageAttributes: SendMessageCommandInput['MessageAttributes']) =>
    refusal(client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one', MessageAttributes })));

  test.each([
    ['a', 'String', 'x'],
    ['a.b-c_D9', 'String.label of mine', 'ü'],
    ['awsome', 'Number', '0'],
    ['n', 'Number.float', '-1.50E-3'],
    ['n', 'Number', `0.${'0'.repeat(127)}1`],
    ['n', 'Number', '1e126'],
    ['n', 'Number', `1${'0'.repeat(40)}`],
  ])('takes the attribute %s of type %s: %s', async (name, DataType, StringValue) => {
    expect(await sendWith({ [name]: { DataType, StringValue } })).toBe('nothing was refused');
  });

  test.each([
    ['AWS.trace', 'String', 'x', 'InvalidParameterValue'],
    ['amazon.x', 'String', 'x', 'InvalidParameterValue'],
    ['.a', 'String', 'x', 'InvalidParameterValue'],
    ['a.', 'String', 'x', 'InvalidParameterValue'],
    ['a..b', 'String', 'x', 'InvalidParameterValue'],
    ['ä', 'String', 'x', 'InvalidParameterValue'],
    ['a'.repeat(257), 'String', 'x', 'InvalidParameterValue'],
    ['a', 'Text', 'x', 'InvalidParameterValue'],
    ['a', `String.${'x'.repeat(250)}`, 'x', 'InvalidParameterValue'],
    ['a', '', 'x', 'MissingParameter'],
    ['a', 'String', '', 'InvalidParameterValue'],
    ['a', 'String', '\u0000', 'InvalidMessageContents'],
    ['a', 'Binary', 'x', 'InvalidParameterValue'],
    ['a', 'Number', '', 'InvalidParameterValue'],
    ['a', 'Number', '.', 'InvalidParameterValue'],
    ['a', 'Number', 'twelve', 'InvalidParameterValue'],
    ['a', 'Number', '1e127', 'InvalidParameterValue'],
    ['a', 'Number', '2e126', 'InvalidParameterValue'],
    ['a', 'Number', '1e-129', 'InvalidParameterValue'],
    ['a', 'Number', '1'.repeat(39), 'InvalidParameterValue'],
  ])('with the attribute %s of type %s is refused: %s', async (name, DataType, StringValue, error) => {
    expect(await sendWith({ [name]: { DataType, StringValue } })).toBe(error);
    expect(await receive()).toEqual([]);
  });

  test('with a system attribute is refused, as nothing would be traced', async () => {
    const MessageSystemAttributes = {
      AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793' },
    };
    const sent = client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'one', MessageSystemAttributes }),
    );

    await expect(sent).rejects.toThrow(/AWSTraceHeader/);
  });

  test('that is delayed comes when its time has come', async () => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one', DelaySeconds: 60 }));

    const early = await receive();
    const counted = await attributes();
    cloud.advance(61 * SECOND);

    expect(early).toEqual([]);
    expect(counted.ApproximateNumberOfMessagesDelayed).toBe('1');
    expect(await receive()).toHaveLength(1);
  });
});

test('a long poll is answered by the next message, whether it is sent, given back or visible again', async () => {
  const waiting = receive({ WaitTimeSeconds: 20 });
  await send('one');
  const [sent] = await waiting;

  const forReturned = receive({ WaitTimeSeconds: 20, VisibilityTimeout: 1 });
  const giveBack = { QueueUrl, ReceiptHandle: sent?.ReceiptHandle, VisibilityTimeout: 0 };
  await client.send(new ChangeMessageVisibilityCommand(giveBack));
  const [returned] = await forReturned;
  const [visible] = await receive({ WaitTimeSeconds: 20 });

  expect([sent, returned, visible].map((message) => message?.Body)).toEqual(['one', 'one', 'one']);
});

test('a long poll whose client has left takes no message', async () => {
  const { actions = {} } = cloud.service;
  const poll = actions.ReceiveMessage;
  const calls: Call[] = [];
  actions.ReceiveMessage = (input, call) => {
    calls.push(call);
    return poll?.(input, call);
  };
  const leaving = new AbortController();
  const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
    abortSignal: leaving.signal,
  });
  waiting.catch(() => undefined);
  await eventually(() => expect(calls).toHaveLength(1));

  leaving.abort();
  await eventually(() => expect(calls[0]?.abandoned?.aborted).toBe(true));
  await send('one');

  await expect(waiting).rejects.toThrow();
  expect(await receive()).toHaveLength(1);
});

test('a queue is purged of what it holds, hidden or not', async () => {
  for (const body of ['one', 'two']) await send(body);
  await receive({ MaxNumberOfMessages: 1 });

  await client.send(new PurgeQueueCommand({ QueueUrl }));

  expect(await attributes()).toMatchObject({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
  });
});

test('each entry of a batch succeeds or fails by itself', async () => {
  const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id === 'b' ? '\u0001' : Id }));
  const sent = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const [message] = await receive();
  const hidden = await client.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl,
      Entries: [{ Id: 'a', ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 60 }],
    }),
  );
  const deleted = await client.send(
    new DeleteMessageBatchCommand({
      QueueUrl,
      Entries: [
        { Id: 'a', ReceiptHandle: message?.ReceiptHandle },
        { Id: 'b', ReceiptHandle: 'nonsense' },
      ],
    }),
  );
  const none = client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [] }));

  expect(sent).toMatchObject({
    Successful: [{ Id: 'a', MessageId: message?.MessageId }],
    Failed: [{ Id: 'b', Code: 'InvalidMessageContents', SenderFault: true }],
  });
  expect(hidden.Successful).toEqual([{ Id: 'a' }]);
  expect(deleted).toMatchObject({
    Successful: [{ Id: 'a' }],
    Failed: [{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }],
  });
  expect(await refusal(none)).toBe('EmptyBatchRequest');
});

test('a batch of more than 1 MiB in all is refused whole', async () => {
  const batch = (last: number) => {
    const Entries = [512 * 1024, last].map((size, index) => ({
      Id: String(index),
      MessageBody: 'x'.repeat(size - 'colourStringred'.length),
      MessageAttributes: { colour: { DataType: 'String', StringValue: 'red' } },
    }));
    return client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  };

  expect(await refusal(batch(512 * 1024 + 1))).toBe('BatchRequestTooLong');
  expect(await receive()).toEqual([]);
  expect((await batch(512 * 1024)).Successful).toHaveLength(2);
});

test('attributes that a queue does not have are left out when they are asked for, and those of no queue are refused', async () => {
  const ask = (...AttributeNames: string[]) =>
    client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: AttributeNames as QueueAttributeName[] }),
    );

  const found = await ask('RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'Policy', 'QueueArn');

  expect(found.Attributes).toEqual({ QueueArn: ARN });
  expect(await refusal(ask('Colour'))).toBe('InvalidAttributeName');
});

test('messages and receipts are there after a restart, sealed on disk unless the queue says otherwise', async () => {
  await send('the secret of the first');
  const [first] = await receive({ VisibilityTimeout: 0 });
  const Attributes = { SqsManagedSseEnabled: 'false' };
  await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  await send('plain as it is');

  await cloud.stop(false);
  const files = readdirSync(join(cloud.folder, 'sqs')).map((name) =>
    readFileSync(join(cloud.folder, 'sqs', name)),
  );
  await begin(cloud.folder);
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));

  expect((await receive()).map(({ Body }) => Body)).toEqual(['plain as it is']);
  expect(files.some((bytes) => bytes.includes('the secret'))).toBe(false);
  expect(files.some((bytes) => bytes.includes('plain as'))).toBe(true);
});

describe('permission', () => {
  const allow = (more: object) => ({ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: ARN, ...more });
  const asService = (sourceArn: string) =>
    cloud.cloud.call({ kind: 'service', arn: 'events.amazonaws.com', sourceArn }, 'sqs', 'SendMessage', {
      QueueUrl: `/${ACCOUNT}/letters`,
      MessageBody: 'one',
    });

  test('is asked of the role for each action by the queue, and a batch needs that of one message', async () => {
    const sender = new SQSClient(cloud.role('sender', [allow({})]));
    const Entries = [{ Id: 'a', MessageBody: 'one' }];

    await sender.send(new SendMessageBatchCommand({ QueueUrl, Entries }));

    expect(await refusal(sender.send(new ReceiveMessageCommand({ QueueUrl })))).toBe('AccessDeniedException');
    expect(await refusal(sender.send(new CreateQueueCommand({ QueueName: 'other' })))).toBe(
      'AccessDeniedException',
    );
  });

  test('to create a queue can hang on the tags that it gets, and then covers tagging it', async () => {
    const create = (role: string, Action: string[], tags?: Record<string, string>) =>
      refusal(
        new SQSClient(
          cloud.role(role, [
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
    await cloud.provide('AWS::SQS::Queue', { QueueName: 'letters' });
    await cloud.provide('AWS::SQS::QueuePolicy', { Queues: [QueueUrl], PolicyDocument: Policy });

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
  const made = await cloud.provide('AWS::SQS::Queue', properties, 'DeadLetters');
  const url = `${cloud.operator.endpoint}/${ACCOUNT}/Stack-DeadLetters-0a1b2c3d`;
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'one' }));

  const again = await cloud.provide('AWS::SQS::Queue', properties, 'DeadLetters');
  const kept = await receive({ QueueUrl: url, VisibilityTimeout: 0 });
  await cloud.stop(false);
  await begin(cloud.folder);
  await cloud.service.start?.();

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
  const listed = await client.send(new ListQueuesCommand({}));
  expect(listed.QueueUrls).toEqual([QueueUrl]);
  await expect(cloud.provide('AWS::SQS::Queue', { FifoQueue: true })).rejects.toThrow(/FIFO/);
});
