import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY, type LettersQueue, lettersQueue, refusal, restarted, SECOND } from './queue.ts';

let queue: LettersQueue;
beforeEach(async () => {
  queue = await lettersQueue();
});
afterEach(() => queue.cloud.stop());

describe('a message', () => {
  test('comes with its id, its digests, attributes and what the service knows of it', async () => {
    const MessageAttributes = {
      RULE_ARN: { DataType: 'String', StringValue: 'arn:aws:events' },
      picture: { DataType: 'Binary.png', BinaryValue: Buffer.from([0, 255]) },
    };
    const sent = await queue.client.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'héllo\n☃', MessageAttributes }),
    );

    const [message] = await queue.receive({ MessageAttributeNames: ['All'] });

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
    const sent = await queue.client.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: 'This is a test message',
        MessageAttributes,
      }),
    );

    // Of the example in the API reference of SendMessage.
    expect(sent.MD5OfMessageBody).toBe('fafb00f5732ab283681e124bf8747ed1');
    expect(sent.MD5OfMessageAttributes).toBe('c48838208d2b4e14e3ca0093a8443f09');
  });

  test('is hidden once it is received, until its time is over, and counts how often it was received', async () => {
    await queue.send('one');

    const first = await queue.receive({ VisibilityTimeout: 10 });
    const hidden = await queue.receive();
    const counted = await queue.attributes();
    queue.cloud.advance(11 * SECOND);
    const second = await queue.receive();

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
    await queue.send('one');
    const [early] = await queue.receive({ VisibilityTimeout: 0 });
    const [late] = await queue.receive({ VisibilityTimeout: 0 });

    await queue.client.send(
      new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: early?.ReceiptHandle }),
    );
    const still = await queue.receive({ VisibilityTimeout: 0 });
    await queue.client.send(
      new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: still[0]?.ReceiptHandle }),
    );

    expect(late?.ReceiptHandle).not.toBe(early?.ReceiptHandle);
    expect(still).toHaveLength(1);
    expect(await queue.receive()).toEqual([]);
    expect(
      await refusal(
        queue.client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: 'nonsense' })),
      ),
    ).toBe('ReceiptHandleIsInvalid');
  });

  test('can be given back, or hidden for longer, as long as it is in flight', async () => {
    await queue.send('one');
    const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
      queue.client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout }),
      );
    const [first] = await queue.receive();

    await change(first?.ReceiptHandle, 0);
    const late = await refusal(change(first?.ReceiptHandle, 10));
    const [second] = await queue.receive({ VisibilityTimeout: 5 });
    await change(second?.ReceiptHandle, 60);
    queue.cloud.advance(30 * SECOND);

    expect(late).toBe('MessageNotInflight');
    expect(second?.Body).toBe('one');
    expect(await queue.receive()).toEqual([]);
    expect(await refusal(change(second?.ReceiptHandle, 43_200))).toBe('InvalidParameterValue');
  });

  test('vanishes after the retention time of its queue, however often it was received', async () => {
    const Attributes = { MessageRetentionPeriod: String((14 * DAY) / SECOND) };
    await queue.client.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));
    await queue.send('one');

    queue.cloud.advance(13 * DAY);
    const before = await queue.receive({ VisibilityTimeout: 0 });
    queue.cloud.advance(DAY);

    expect(before).toHaveLength(1);
    expect(await queue.receive()).toEqual([]);
  });

  test('that is delayed comes when its time has come', async () => {
    await queue.client.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'one', DelaySeconds: 60 }),
    );

    const early = await queue.receive();
    const counted = await queue.attributes();
    queue.cloud.advance(61 * SECOND);

    expect(early).toEqual([]);
    expect(counted.ApproximateNumberOfMessagesDelayed).toBe('1');
    expect(await queue.receive()).toHaveLength(1);
  });
});

test('messages and receipts are there after a restart, sealed on disk unless the queue says otherwise', async () => {
  await queue.send('the secret of the first');
  const [first] = await queue.receive({ VisibilityTimeout: 0 });
  const Attributes = { SqsManagedSseEnabled: 'false' };
  await queue.client.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));
  await queue.send('plain as it is');

  await queue.cloud.stop(false);
  const files = readdirSync(join(queue.cloud.folder, 'sqs')).map((name) =>
    readFileSync(join(queue.cloud.folder, 'sqs', name)),
  );
  queue = await restarted(queue.cloud.folder);
  await queue.client.send(
    new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: first?.ReceiptHandle }),
  );

  expect((await queue.receive()).map(({ Body }) => Body)).toEqual(['plain as it is']);
  expect(files.some((bytes) => bytes.includes('the secret'))).toBe(false);
  expect(files.some((bytes) => bytes.includes('plain as'))).toBe(true);
});
