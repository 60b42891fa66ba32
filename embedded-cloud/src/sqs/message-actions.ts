/** Actions on messages (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/). */
import { type Action, AwsError } from '../service.ts';
import { inBatch } from './batch.ts';
import { load, type Sqs } from './context.ts';
import { messageIdOf } from './receipt.ts';
import { receiveMessage } from './receive.ts';
import * as requests from './requests.ts';
import { checkBatch, send } from './send.ts';
import type { Queue } from './store.ts';

/** Hidden for at most twelve hours from when it was received. */
const LONGEST_MS = 43_200_000;

export function messageActions(sqs: Sqs): Record<string, Action> {
  return {
    SendMessage(input, call) {
      const { QueueUrl, ...message } = requests.parsed(requests.SendMessage, input);
      return send(sqs, call, load(sqs, call, 'SendMessage', QueueUrl), message);
    },
    SendMessageBatch(input, call) {
      const { QueueUrl, Entries } = requests.parsed(requests.SendMessageBatch, input);
      const queue = load(sqs, call, 'SendMessage', QueueUrl);
      checkBatch(Entries);
      return inBatch(Entries, (entry) => send(sqs, call, queue, entry));
    },
    ReceiveMessage(input, call) {
      const request = requests.parsed(requests.ReceiveMessage, input);
      const queue = load(sqs, call, 'ReceiveMessage', request.QueueUrl);
      return receiveMessage(sqs, queue, request, call.abandoned);
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
