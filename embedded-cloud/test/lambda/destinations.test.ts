/** What a function does not take, or has answered, is in the queue that was named for it. */
import {
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { arn, inline, type Running, role, run } from '../../test-kit/running.ts';
import type { ScriptedCloud } from '../codebuild/scripted-cloud.ts';
import { elsewhere, Fails, functionArn, Letters, nextLetter, queueArn, services } from '../events/letters.ts';

const Answers = inline('exports.handler = async (event) => event.n;', { FunctionName: 'answers' });

let running: Running | undefined;

let scripted: ScriptedCloud | undefined;

afterEach(async () => {
  await running?.close();
  await scripted?.close();
  running = undefined;
  scripted = undefined;
});

describe('an asynchronous invocation', () => {
  const Role = role(['logs:*', 'sqs:SendMessage']);
  const destinations = (FunctionName: string, settings: object) => ({
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName: { Ref: FunctionName }, Qualifier: '$LATEST', ...settings },
  });
  const toLetters = { Destination: arn('Letters') };
  const invoke = (FunctionName: string, event: object) =>
    running?.client.send(
      new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(event) }),
    );

  it('that has failed for good is in the queue of failures, with event, answer and count', async () => {
    const Config = destinations('Fails', {
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: toLetters },
    });
    running = await run({ Role, Fails, Letters, Config }, { services });

    const accepted = await invoke('fails', { n: 7 });
    const { Body = '' } = await nextLetter(running);

    expect(JSON.parse(Body)).toEqual({
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestContext: {
        requestId: accepted?.$metadata.requestId,
        functionArn: `${functionArn}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 1,
      },
      requestPayload: { n: 7 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: expect.objectContaining({ errorType: 'Error', errorMessage: 'no 7' }),
    });
  });

  it('that has succeeded is in the queue of successes only', async () => {
    const Config = destinations('Answers', { DestinationConfig: { OnSuccess: toLetters } });
    running = await run({ Role, Answers, Letters, Config }, { services });

    await invoke('answers', { n: 7 });

    const { Body = '' } = await nextLetter(running);
    expect(JSON.parse(Body)).toMatchObject({
      requestContext: { condition: 'Success', approximateInvokeCount: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST' },
      responsePayload: 7,
    });
  });

  it('that is too old for another try is in the queue of failures', async () => {
    let ahead = 0;
    const Config = destinations('Fails', {
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnFailure: toLetters },
    });
    running = await run({ Role, Fails, Letters, Config }, { services, now: () => Date.now() + ahead });
    await invoke('fails', { n: 1 });

    ahead = 600_000;
    running = await running.restart();

    const { Body = '' } = await nextLetter(running);
    expect(JSON.parse(Body)).toMatchObject({
      requestContext: { condition: 'EventAgeExceeded' },
      requestPayload: { n: 1 },
    });
    expect(JSON.parse(Body).responseContext).toBeUndefined();
  });

  it('of a function with no concurrency at all is in the queue of failures at once', async () => {
    const Off = inline('exports.handler = async () => 1;', {
      FunctionName: 'off',
      ReservedConcurrentExecutions: 0,
    });
    const Config = destinations('Off', { DestinationConfig: { OnFailure: toLetters } });
    running = await run({ Role, Off, Letters, Config }, { services });

    await invoke('off', { n: 1 });

    const { Body = '' } = await nextLetter(running);
    expect(JSON.parse(Body)).toMatchObject({
      requestContext: { condition: 'ZeroReservedConcurrency', approximateInvokeCount: 0 },
      requestPayload: { n: 1 },
    });
    expect(JSON.parse(Body).responseContext).toBeUndefined();
  });

  it('is no call to its destinations until there is a record to send', async () => {
    const Config = destinations('Fails', { DestinationConfig: { OnFailure: toLetters } });
    const asked: string[] = [];
    running = await run(
      { Role, Fails, Letters, Config },
      { services, onCall: ({ action }) => asked.push(action) },
    );

    expect(asked).not.toContain('sqs:SendMessage');
  });

  it('whose function may not send to the queue has no such destination', async () => {
    const Config = destinations('Fails', { DestinationConfig: { OnFailure: toLetters } });

    await expect(run({ Role: role(), Fails, Letters, Config }, { services })).rejects.toThrow(
      /does not have permissions to call SendMessage on .*:letters/,
    );
  });

  it('has its destinations read, changed one by one, and refused when they are no queues', async () => {
    running = await run({ Role, Fails, Letters }, { services });
    const { client } = running;
    const FunctionName = 'fails';
    const DestinationConfig = { OnFailure: { Destination: queueArn } };
    await client.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, DestinationConfig }));

    await client.send(new UpdateFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 0 }));
    const read = await client.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }));
    const topic = { OnFailure: { Destination: 'arn:aws:sns:us-east-1:000000000000:topic' } };
    const refused = client.send(
      new PutFunctionEventInvokeConfigCommand({ FunctionName, DestinationConfig: topic }),
    );

    expect(read).toMatchObject({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnSuccess: {}, OnFailure: { Destination: queueArn } },
    });
    const far = { OnSuccess: { Destination: elsewhere(queueArn) } };
    const refusedFar = client.send(
      new PutFunctionEventInvokeConfigCommand({ FunctionName, DestinationConfig: far }),
    );

    await expect(refused).rejects.toThrow(/standard queues of SQS/);
    await expect(refusedFar).rejects.toThrow(/must be in the region us-east-1/);
  });
});
