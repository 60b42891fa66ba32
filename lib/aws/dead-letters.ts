/** The port of the dead-letter queue on SQS. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { StaitheError } from '../domain/error.ts';
import type { DeadLetters, TakenLetter } from '../domain/ports/dead-letters.ts';
import { type ReadLetter, readLetter } from './dead-letter-format.ts';
import { setting } from './settings.ts';

/** The most that SQS takes in one request. */
const BATCH = 10;

interface Clients {
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  readonly states: SFNClient;
}

/**
 * @param queue the URL of the queue
 * @param waitSeconds how long a look waits: by a poll that waits SQS asks all of its servers, and by one that does not only some
 */
export function sqsDeadLetters(
  queue?: string,
  clients: Clients = { sqs: new SQSClient(), lambda: new LambdaClient(), states: new SFNClient() },
  waitSeconds = 1,
): DeadLetters {
  const { sqs } = clients;
  const QueueUrl = queue ?? setting('STAITHE_DEAD_LETTERS');
  /** To whom each goes: an ARN, which is of no concern to anybody else. */
  const targets = new WeakMap<TakenLetter, ReadLetter['targetArn']>();
  return {
    async take() {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: BATCH,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['SentTimestamp'],
          MessageAttributeNames: ['All'],
        }),
      );
      return Messages.map((message) => {
        const { letter, targetArn } = readLetter(message);
        const taken = { letter, receipt: message.ReceiptHandle ?? '' };
        targets.set(taken, targetArn);
        return taken;
      });
    },
    async release(letters) {
      for (let from = 0; from < letters.length; from += BATCH)
        await sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl,
            // What fails of it is of letters that are no longer held: they are visible, or somebody else has them.
            Entries: letters.slice(from, from + BATCH).map(({ receipt }, index) => ({
              Id: String(index),
              ReceiptHandle: receipt,
              VisibilityTimeout: 0,
            })),
          }),
        );
    },
    async send(taken) {
      const arn = targets.get(taken);
      const { id, target, event } = taken.letter;
      const input = JSON.stringify(event);
      try {
        if (arn !== undefined && /:lambda:[^:]*:\d+:function:/.test(arn))
          await clients.lambda.send(
            new InvokeCommand({ FunctionName: arn, InvocationType: 'Event', Payload: Buffer.from(input) }),
          );
        else if (arn !== undefined && /:states:[^:]*:\d+:stateMachine:/.test(arn))
          await startOnce(clients.states, arn, id, input);
        else
          throw new StaitheError(
            'dead_letter_not_redrivable',
            `Letter ${id} does not say what to do: ${why(taken)}`,
          );
      } catch (error) {
        throw asRefusal(error, `${target}`, id);
      }
    },
    async remove({ receipt }) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }));
    },
  };
}

const why = ({ letter }: TakenLetter): string =>
  letter.kind === 'failed'
    ? 'the event was too large to be kept with it.'
    : 'its target is no function and no workflow.';

/** Under the letter's own name, so that a repeat starts nothing: a name is good for one execution. */
async function startOnce(
  states: SFNClient,
  stateMachineArn: string,
  id: string,
  input: string,
): Promise<void> {
  await states
    .send(new StartExecutionCommand({ stateMachineArn, name: `redrive-${id}`, input }))
    .catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'ExecutionAlreadyExists')) throw error;
    });
}

/** Refusals that are about the letter and no other: its target is gone, or may not be called. */
const REFUSALS =
  /^(AccessDenied|ResourceNotFound|StateMachineDoesNotExist|StateMachineDeleting|Invalid|RequestTooLarge|RequestEntityTooLarge)/;

function asRefusal(error: unknown, target: string, id: string): unknown {
  if (!(error instanceof Error) || !REFUSALS.test(error.name)) return error;
  return new StaitheError(
    'dead_letter_not_redrivable',
    `${target} does not take the event of letter ${id}: ${error.name}: ${error.message}`,
  );
}
