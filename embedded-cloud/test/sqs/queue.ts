/** A queue, `letters`, in a small cloud with SQS alone. */
import type { Message } from '@aws-sdk/client-sqs';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Service } from '../../src/service.ts';
import { sqs } from '../../src/sqs/index.ts';
import { ACCOUNT, REGION, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

export const SECOND = 1_000;
export const DAY = 86_400 * SECOND;
/** The queue's ARN. */
export const LETTERS = `arn:aws:sqs:${REGION}:${ACCOUNT}:letters`;

export interface LettersQueue {
  readonly cloud: SmallCloud<Service>;
  readonly client: SQSClient;
  readonly url: string;
  send(body: string): Promise<unknown>;
  /** Up to ten messages, with all that SQS knows of them. */
  receive(more?: Partial<ReceiveMessageCommandInput>): Promise<Message[]>;
  attributes(): Promise<Record<string, string>>;
}

export async function lettersQueue(): Promise<LettersQueue> {
  const queue = await restarted();
  await queue.client.send(new CreateQueueCommand({ QueueName: 'letters' }));
  return queue;
}

/** @param folder the state of a cloud that was stopped */
export async function restarted(folder?: string): Promise<LettersQueue> {
  const cloud = await smallCloud(sqs, folder);
  const client = new SQSClient(cloud.operator);
  const QueueUrl = `${cloud.operator.endpoint}/${ACCOUNT}/letters`;
  return {
    cloud,
    client,
    url: QueueUrl,
    send: (MessageBody) => client.send(new SendMessageCommand({ QueueUrl, MessageBody })),
    async receive(more = {}) {
      const input = {
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All' as const],
        ...more,
      };
      return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
    },
    async attributes() {
      const all = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
      return (await client.send(all)).Attributes ?? {};
    },
  };
}

/** The name of the error that a call fails with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error.name : 'nothing was refused';
}
