/** Takes a message into its queue. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { AwsError, type Call } from '../service.ts';
import type { Sqs } from './context.ts';
import { digestOf, digestOfAttributes } from './digest.ts';
import { checkContents, checkMessageAttributes } from './message-attributes.ts';
import type { SendMessage } from './requests.ts';
import type { Queue } from './store.ts';

/** Bytes of all messages of a batch, whatever the queue takes of one (SendMessageBatch reference). */
const LARGEST_BATCH = 1_048_576;

type Sent = Omit<z.infer<typeof SendMessage>, 'QueueUrl'>;

/** @throws AwsError BatchRequestTooLong: none of the messages is sent */
export function checkBatch(messages: readonly Sent[]): void {
  const size = messages.reduce((sum, message) => sum + sizeOf(message), 0);
  if (size > LARGEST_BATCH)
    throw new AwsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${LARGEST_BATCH} bytes. You have sent ${size} bytes.`,
    );
}

/** @throws AwsError InvalidMessageContents, InvalidParameterValue */
export function send(sqs: Sqs, { principal }: Call, queue: Queue, message: Sent) {
  const { MessageBody, MessageAttributes, DelaySeconds = queue.attributes.DelaySeconds } = message;
  checkContents(MessageBody);
  checkMessageAttributes(MessageAttributes);
  const { MaximumMessageSize } = queue.attributes;
  if (sizeOf(message) > MaximumMessageSize)
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${MaximumMessageSize} bytes.`,
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
