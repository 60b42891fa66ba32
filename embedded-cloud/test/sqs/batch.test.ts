import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LettersQueue, lettersQueue, refusal } from './queue.ts';

let queue: LettersQueue;
beforeEach(async () => {
  queue = await lettersQueue();
});
afterEach(() => queue.cloud.stop());

test('each entry of a batch succeeds or fails by itself', async () => {
  const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id === 'b' ? '\u0001' : Id }));
  const sent = await queue.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  const [message] = await queue.receive();
  const hidden = await queue.client.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: queue.url,
      Entries: [{ Id: 'a', ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 60 }],
    }),
  );
  const deleted = await queue.client.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: [
        { Id: 'a', ReceiptHandle: message?.ReceiptHandle },
        { Id: 'b', ReceiptHandle: 'nonsense' },
      ],
    }),
  );
  const none = queue.client.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries: [] }));

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
    return queue.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  };

  expect(await refusal(batch(512 * 1024 + 1))).toBe('BatchRequestTooLong');
  expect(await queue.receive()).toEqual([]);
  expect((await batch(512 * 1024)).Successful).toHaveLength(2);
});
