/** Every message that was acknowledged is there after `kill -9`, and none that was deleted. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { KillableCloud } from '../killable-cloud.ts';

let cloud: KillableCloud;
beforeEach(() => {
  cloud = new KillableCloud('sqs');
});
afterEach(() => cloud[Symbol.dispose]());

const start = async () => new SQSClient(await cloud.start());

test('messages that were acknowledged survive kill -9 while others are sent and deleted', async () => {
  const acknowledged = new Set<string>();
  const deleted = new Set<string>();
  const underway = new Set<string>();

  for (let round = 0; round < 2; round++) {
    const client = await start();
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'letters' }));
    const send = async (MessageBody: string) => {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
      acknowledged.add(MessageBody);
    };
    // One after the other: with the receipt of an earlier time nothing would be deleted.
    const consume = async () => {
      for (;;) {
        const input = { QueueUrl, VisibilityTimeout: 1, WaitTimeSeconds: 1 };
        const { Messages = [] } = await client.send(new ReceiveMessageCommand(input));
        for (const { Body = '', ReceiptHandle } of Messages) {
          underway.add(Body);
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
          deleted.add(Body);
        }
      }
    };
    const before = deleted.size;
    // What is under way at the kill fails.
    const sends = Array.from({ length: 40 }, (_, index) => send(`${round}-${index}`));
    const all = Promise.allSettled([...sends, consume()]);
    await Promise.race(sends.slice(20));
    await eventually(() => expect(deleted.size).toBeGreaterThan(before));
    await cloud.kill();
    await all;
    client.destroy();
  }

  const client = await start();
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'letters' }));
  const found = new Set<string>();
  for (let left = true; left; ) {
    const input = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 };
    const { Messages = [] } = await client.send(new ReceiveMessageCommand(input));
    for (const { Body = '' } of Messages) found.add(Body);
    left = Messages.length > 0;
  }
  client.destroy();
  expect(acknowledged.size).toBeGreaterThan(0);
  expect([...deleted].filter((body) => found.has(body))).toEqual([]);
  expect([...acknowledged].filter((body) => !found.has(body) && !underway.has(body))).toEqual([]);
});
