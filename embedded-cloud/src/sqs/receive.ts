/** ReceiveMessage, with long polling. */
import type { z } from 'zod';
import type { Sqs } from './context.ts';
import { digestOf, digestOfAttributes } from './digest.ts';
import { receiptOf } from './receipt.ts';
import { MessageAttributes, type ReceiveMessage } from './requests.ts';
import type { Message, Queue } from './store.ts';

type Request = z.infer<typeof ReceiveMessage>;

/**
 * Waits for the first message as long as the request or the queue says, and gives what is there then. For a client that has
 * left nothing is taken: it would be hidden from all others.
 */
export async function receiveMessage(sqs: Sqs, queue: Queue, request: Request, abandoned?: AbortSignal) {
  const { ReceiveMessageWaitTimeSeconds, VisibilityTimeout } = queue.attributes;
  const deadline = performance.now() + (request.WaitTimeSeconds ?? ReceiveMessageWaitTimeSeconds) * 1000;
  while (!sqs.arrivals.stopped && !abandoned?.aborted) {
    const now = sqs.cloud.now();
    const until = now + (request.VisibilityTimeout ?? VisibilityTimeout) * 1000;
    const found = sqs.store.receive(queue.name, request.MaxNumberOfMessages, now, until, receiptOf);
    const left = deadline - performance.now();
    if (found.length > 0 || left <= 0)
      return found.length === 0 ? {} : { Messages: found.map((message) => described(message, request)) };
    const next = sqs.store.nextVisible(queue.name);
    const wait = next === undefined ? left : Math.min(left, Math.max(next - now, 1));
    await sqs.arrivals.wait(queue.name, wait, abandoned);
  }
  return {};
}

function described(message: Message, request: Request) {
  const attributes = chosen(
    MessageAttributes.parse(JSON.parse(message.attributes)),
    request.MessageAttributeNames,
  );
  const system = chosen(
    {
      SenderId: message.sender,
      SentTimestamp: String(message.sent),
      ApproximateReceiveCount: String(message.receives),
      ApproximateFirstReceiveTimestamp: String(message.first_received),
    },
    [...request.MessageSystemAttributeNames, ...request.AttributeNames],
  );
  const ofAttributes = digestOfAttributes(attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    MD5OfBody: digestOf(message.body),
    Body: message.body,
    ...(Object.keys(system).length > 0 && { Attributes: system }),
    ...(ofAttributes !== undefined && {
      MD5OfMessageAttributes: ofAttributes,
      MessageAttributes: attributes,
    }),
  };
}

/** Those that are asked for: by name, by `All`, or by the beginning of names, `team.*`. */
function chosen<Value>(values: Record<string, Value>, names: readonly string[]): Record<string, Value> {
  const asks = (name: string) =>
    names.some(
      (asked) =>
        asked === name || asked === 'All' || (asked.endsWith('.*') && name.startsWith(asked.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(values).filter(([name]) => asks(name)));
}
