/** A queue for what could not be delivered, functions that fail or answer, and a rule with the queue beside it. */

import { type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { events } from '../../src/events/index.ts';
import { lambda } from '../../src/lambda/index.ts';
import { logs } from '../../src/logs/index.ts';
import { sqs } from '../../src/sqs/index.ts';
import { inline, type Running } from '../../test-kit/running.ts';

export const ACCOUNT = '000000000000';

export const queueArn = `arn:aws:sqs:us-east-1:${ACCOUNT}:letters`;

export const functionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:fails`;

export const elsewhere = (arnHere: string) => arnHere.replace('us-east-1', 'eu-west-1');

export const Letters = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } };

export const Fails = inline('exports.handler = async (event) => { throw new Error("no " + event.n); };', {
  FunctionName: 'fails',
});

export const services = [logs, sqs, events, lambda];

/** The next message of the queue, waited for. */
export async function nextLetter(running: Running | undefined): Promise<Message> {
  const { endpoint = '', operator } = running?.cloud ?? {};
  const client = new SQSClient({ endpoint, region: 'us-east-1', ...(operator && { credentials: operator }) });
  const input = {
    QueueUrl: `${endpoint}/${ACCOUNT}/letters`,
    WaitTimeSeconds: 20,
    MessageAttributeNames: ['All'],
  };
  const { Messages = [] } = await client.send(new ReceiveMessageCommand(input));
  client.destroy();
  const [message] = Messages;
  if (message === undefined) throw new Error('No letter came within 20 s.');
  return message;
}
