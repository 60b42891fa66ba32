/** Letters in the dead-letter queue, as EventBridge writes them. */
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListQueuesCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Staithe } from './server.ts';

async function withQueue<T>(
  { aws }: Staithe,
  use: (sqs: SQSClient, QueueUrl: string | undefined) => Promise<T>,
): Promise<T> {
  const sqs = new SQSClient(aws);
  try {
    const { QueueUrls: [QueueUrl] = [] } = await sqs.send(new ListQueuesCommand({}));
    return await use(sqs, QueueUrl);
  } finally {
    sqs.destroy();
  }
}

/** A letter of a rule that could not reach its target. @returns the letter's id */
export function putUndelivered(staithe: Staithe, targetArn: string, event: object): Promise<string> {
  const texts = { RULE_ARN: 'arn:aws:events:us-east-1:000000000000:rule/r', TARGET_ARN: targetArn };
  const MessageAttributes = Object.fromEntries(
    Object.entries(texts).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
  return withQueue(staithe, async (sqs, QueueUrl) => {
    const MessageBody = JSON.stringify(event);
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
    return sent.MessageId ?? '';
  });
}

/** A letter that can be redriven: a schedule's call of the sweep. @returns its id */
export async function putMissedSweep(staithe: Staithe): Promise<string> {
  const functions = await functionNames(staithe);
  const arn = functionArn(functions.get('Ends overdue runs and uploads, with the reason') ?? '');
  return putUndelivered(staithe, arn, { 'detail-type': 'Scheduled Event' });
}

export const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** Takes all letters away. */
export function emptyQueue(staithe: Staithe): Promise<unknown> {
  return withQueue(staithe, (sqs, QueueUrl) => sqs.send(new PurgeQueueCommand({ QueueUrl })));
}

/** Names of functions by what they are for. */
export async function functionNames({ aws }: Staithe): Promise<ReadonlyMap<string, string>> {
  const lambda = new LambdaClient(aws);
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand());
  lambda.destroy();
  return new Map(Functions.map(({ Description = '', FunctionName = '' }) => [Description, FunctionName]));
}
