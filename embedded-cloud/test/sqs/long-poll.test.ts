import { ChangeMessageVisibilityCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Call } from '../../src/service.ts';
import { eventually } from '../../test-kit/patience.ts';
import { type LettersQueue, lettersQueue } from './queue.ts';

let queue: LettersQueue;
beforeEach(async () => {
  queue = await lettersQueue();
});
afterEach(() => queue.cloud.stop());

test('a long poll is answered by the next message, whether it is sent, given back or visible again', async () => {
  const waiting = queue.receive({ WaitTimeSeconds: 20 });
  await queue.send('one');
  const [sent] = await waiting;

  const forReturned = queue.receive({ WaitTimeSeconds: 20, VisibilityTimeout: 1 });
  const giveBack = { QueueUrl: queue.url, ReceiptHandle: sent?.ReceiptHandle, VisibilityTimeout: 0 };
  await queue.client.send(new ChangeMessageVisibilityCommand(giveBack));
  const [returned] = await forReturned;
  const [visible] = await queue.receive({ WaitTimeSeconds: 20 });

  expect([sent, returned, visible].map((message) => message?.Body)).toEqual(['one', 'one', 'one']);
});

test('a long poll whose client has left takes no message', async () => {
  const { actions = {} } = queue.cloud.service;
  const poll = actions.ReceiveMessage;
  const calls: Call[] = [];
  actions.ReceiveMessage = (input, call) => {
    calls.push(call);
    return poll?.(input, call);
  };
  const leaving = new AbortController();
  const waiting = queue.client.send(new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 }), {
    abortSignal: leaving.signal,
  });
  waiting.catch(() => undefined);
  await eventually(() => expect(calls).toHaveLength(1));

  leaving.abort();
  await eventually(() => expect(calls[0]?.abandoned?.aborted).toBe(true));
  await queue.send('one');

  await expect(waiting).rejects.toThrow();
  expect(await queue.receive()).toHaveLength(1);
});
