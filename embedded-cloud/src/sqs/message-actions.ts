/** Actions on messages (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/). */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { type Action, AwsError, type Call } from '../service.ts';
import { inBatch } from './batch.ts';
import { load, type Sqs } from './context.ts';
import { digestOf, digestOfAttributes } from './digest.ts';
import { messageIdOf } from './receipt.ts';
import { receiveMessage } from './receive.ts';
import * as requests from './requests.ts';
import type { Queue } from './store.ts';

/** Hidden for at most twelve hours from when it was received. */
const LONGEST_MS = 43_200_000;
/** What XML 1.0 can hold (SendMessage reference, "MessageBody"). */
const CONTENTS = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;

export function messageActions(sqs: Sqs): Record<string, Action> {
  return {
    SendMessage(input, call) {
      const { QueueUrl, ...message } = requests.parsed(requests.SendMessage, input);
      return send(sqs, call, load(sqs, call, 'SendMessage', QueueUrl), message);
    },
    SendMessageBatch(input, call) {
      const { QueueUrl, Entries } = requests.parsed(requests.SendMessageBatch, input);
      const queue = load(sqs, call, 'SendMessage', QueueUrl);
      return inBatch(Entries, (entry) => send(sqs, call, queue, entry));
    },
    ReceiveMessage(input, call) {
      const request = requests.parsed(requests.ReceiveMessage, input);
      return receiveMessage(sqs, load(sqs, call, 'ReceiveMessage', request.QueueUrl), request);
    },
    DeleteMessage(input, call) {
      const { QueueUrl, ReceiptHandle } = requests.parsed(requests.DeleteMessage, input);
      return remove(sqs, load(sqs, call, 'DeleteMessage', QueueUrl), ReceiptHandle);
    },
    DeleteMessageBatch(input, call) {
      const { QueueUrl, Entries } = requests.parsed(requests.DeleteMessageBatch, input);
      const queue = load(sqs, call, 'DeleteMessage', QueueUrl);
      return inBatch(Entries, ({ ReceiptHandle }) => remove(sqs, queue, ReceiptHandle));
    },
    ChangeMessageVisibility(input, call) {
      const { QueueUrl, ...change } = requests.parsed(requests.ChangeMessageVisibility, input);
      return hide(sqs, load(sqs, call, 'ChangeMessageVisibility', QueueUrl), change);
    },
    ChangeMessageVisibilityBatch(input, call) {
      const { QueueUrl, Entries } = requests.parsed(requests.ChangeMessageVisibilityBatch, input);
      const queue = load(sqs, call, 'ChangeMessageVisibility', QueueUrl);
      return inBatch(Entries, (entry) => hide(sqs, queue, entry));
    },
  };
}

type Sent = Omit<z.infer<typeof requests.SendMessage>, 'QueueUrl'>;

function send(sqs: Sqs, { principal }: Call, queue: Queue, message: Sent) {
  const { MessageBody, MessageAttributes, DelaySeconds = queue.attributes.DelaySeconds } = message;
  if (!CONTENTS.test(MessageBody))
    throw new AwsError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
  const { MaximumMessageSize } = queue.attributes;
  if (sizeOf(message) > MaximumMessageSize)
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${MaximumMessageSize} bytes.`,
    );
  if (Object.keys(MessageAttributes).length > 10)
    throw new AwsError(
      'InvalidParameterValue',
      'Number of message attributes exceeds the allowed maximum [10].',
    );
  const now = sqs.cloud.now();
  const id = randomUUID();
  sqs.store.add(queue, {
    id,
    body: MessageBody,
    attributes: JSON.stringify(MessageAttributes),
    sender: principal.session === undefined ? principal.arn : `${principal.arn}:${principal.session}`,
    sent: now,
    visible: now + DelaySeconds * 1000,
  });
  sqs.arrivals.tell(queue.name);
  const ofAttributes = digestOfAttributes(MessageAttributes);
  return {
    MessageId: id,
    MD5OfMessageBody: digestOf(MessageBody),
    ...(ofAttributes !== undefined && { MD5OfMessageAttributes: ofAttributes }),
  };
}

/** The body, and of each attribute its name, type and value (SQS developer guide, "Message quotas"). */
function sizeOf({ MessageBody, MessageAttributes }: Sent): number {
  const ofAttributes = Object.entries(MessageAttributes).map(
    ([name, { DataType, StringValue, BinaryValue = '' }]) =>
      Buffer.byteLength(name + DataType) +
      (StringValue === undefined ? Buffer.byteLength(BinaryValue, 'base64') : Buffer.byteLength(StringValue)),
  );
  return ofAttributes.reduce((sum, size) => sum + size, Buffer.byteLength(MessageBody));
}

/** With the receipt of an earlier time nothing is deleted, and that is no error (DeleteMessage reference). */
function remove(sqs: Sqs, queue: Queue, receipt: string): Record<string, never> {
  const message = sqs.store.message(queue.name, messageIdOf(receipt));
  if (message?.receipt === receipt) sqs.store.removeMessage(message.id);
  return {};
}

function hide(
  sqs: Sqs,
  queue: Queue,
  { ReceiptHandle, VisibilityTimeout }: { ReceiptHandle: string; VisibilityTimeout: number },
): Record<string, never> {
  const now = sqs.cloud.now();
  const message = sqs.store.message(queue.name, messageIdOf(ReceiptHandle));
  if (message === undefined)
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
    );
  if (message.receipt !== ReceiptHandle || message.visible <= now)
    throw new AwsError('MessageNotInflight', 'The specified message is not in flight.');
  const until = now + VisibilityTimeout * 1000;
  if (until - (message.first_received ?? now) > LONGEST_MS && VisibilityTimeout > 0)
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${VisibilityTimeout} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].`,
    );
  sqs.store.hide(message.id, until);
  sqs.arrivals.tell(queue.name);
  return {};
}
