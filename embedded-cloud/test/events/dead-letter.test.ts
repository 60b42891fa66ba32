/** What a target or a function does not take is not lost: it is in the queue that was named for it, with the reason. */
import { setImmediate } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { events } from '../../src/events/index.ts';
import { lambda } from '../../src/lambda/index.ts';
import { logs } from '../../src/logs/index.ts';
import { AwsError, type Cloud, type Service } from '../../src/service.ts';
import { sqs } from '../../src/sqs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { arn, inline, type Running, role, run } from '../../test-kit/running.ts';
import { OPERATOR, type ScriptedCloud, scriptedCloud } from '../codebuild/scripted-cloud.ts';

const ACCOUNT = '000000000000';
const queueArn = `arn:aws:sqs:us-east-1:${ACCOUNT}:letters`;
const functionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:fails`;
const elsewhere = (arnHere: string) => arnHere.replace('us-east-1', 'eu-west-1');
const Letters = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } };
const Fails = inline('exports.handler = async (event) => { throw new Error("no " + event.n); };', {
  FunctionName: 'fails',
});
const Answers = inline('exports.handler = async (event) => event.n;', { FunctionName: 'answers' });
/** The rule may send to the queue; of the function it has no permission. */
const LetterPolicy = {
  Type: 'AWS::SQS::QueuePolicy',
  Properties: {
    Queues: [{ Ref: 'Letters' }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: arn('Letters'),
          Condition: { ArnEquals: { 'aws:SourceArn': arn('Rule') } },
        },
      ],
    },
  },
};
const target = { Id: 'T0', Arn: arn('Fails'), DeadLetterConfig: { Arn: arn('Letters') } };
const Rule = {
  Type: 'AWS::Events::Rule',
  Properties: { Name: 'listen', EventPattern: { source: ['shop'] }, Targets: [target] },
};
const services = [logs, sqs, events, lambda];

const scriptedHere = () => Object.assign(scriptedCloud(), { region: 'us-east-1' });
let running: Running | undefined;
let scripted: ScriptedCloud | undefined;
afterEach(async () => {
  await running?.close();
  await scripted?.close();
  running = undefined;
  scripted = undefined;
});

/** The next message of the queue, waited for. */
async function nextLetter(): Promise<Message> {
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

describe('an event that a rule’s target does not take', () => {
  const put = async () => {
    const { endpoint = '', operator } = running?.cloud ?? {};
    const client = new EventBridgeClient({
      endpoint,
      region: 'us-east-1',
      ...(operator && { credentials: operator }),
    });
    await client.send(
      new PutEventsCommand({ Entries: [{ Source: 'shop', DetailType: 'order', Detail: '{"n":1}' }] }),
    );
    client.destroy();
  };

  it('is in its dead-letter queue as it came, with rule, target and reason', async () => {
    running = await run({ Role: role(), Fails, Letters, LetterPolicy, Rule }, { services });

    await put();
    const { Body = '', MessageAttributes = {} } = await nextLetter();

    expect(JSON.parse(Body)).toMatchObject({ source: 'shop', 'detail-type': 'order', detail: { n: 1 } });
    expect(MessageAttributes).toEqual({
      RULE_ARN: { DataType: 'String', StringValue: `arn:aws:events:us-east-1:${ACCOUNT}:rule/listen` },
      TARGET_ARN: { DataType: 'String', StringValue: functionArn },
      ERROR_CODE: { DataType: 'String', StringValue: 'NO_PERMISSIONS' },
      ERROR_MESSAGE: { DataType: 'String', StringValue: expect.stringContaining('lambda:InvokeFunction') },
      RETRY_ATTEMPTS: { DataType: 'Number', StringValue: '0' },
    });
  });

  it('is lost when the queue does not let the rule in, and the operator is told', async () => {
    running = await run({ Role: role(), Fails, Letters, Rule }, { services });

    await put();

    await eventually(() =>
      expect(running?.log.join('\n')).toMatch(
        /the event is lost, as .*:letters did not take it: AccessDenied/,
      ),
    );
  });

  it.each([
    [{ MaximumRetryAttempts: 0 }, 'MaximumRetryAttempts'],
    [{ MaximumEventAgeInSeconds: 60 }, 'MaximumEventAgeInSeconds'],
  ])('is there when the retry policy %j is used up', async (RetryPolicy, condition) => {
    scripted = scriptedHere();
    const cloud = scripted;
    cloud.answers.set('lambda:Invoke', () => {
      // The time until the next try would be beyond the limit of an hour's age.
      cloud.clock = () => Date.now() + 3_600_000;
      throw new AwsError('ServiceException', 'busy', 500);
    });
    cloud.answers.set('sqs:SendMessage', () => ({}));
    cloud.add(events(cloud));
    await cloud.provide('AWS::Events::Rule', {
      ...Rule.Properties,
      Targets: [{ Id: 'T0', Arn: functionArn, DeadLetterConfig: { Arn: queueArn }, RetryPolicy }],
    });
    await cloud.service('events').start?.();

    const Entries = [{ Source: 'shop', DetailType: 'order', Detail: '{}' }];
    await cloud.as(OPERATOR)('events', 'PutEvents', { Entries });

    await eventually(() =>
      expect(cloud.calls.find(({ action }) => action === 'SendMessage')?.input).toMatchObject({
        QueueUrl: `/${ACCOUNT}/letters`,
        MessageAttributes: {
          ERROR_CODE: { StringValue: 'ERROR_FROM_TARGET' },
          EXHAUSTED_RETRY_CONDITION: { StringValue: condition },
        },
      }),
    );
  });

  it('waits for the next start when its target has stopped already, as the cloud stops', async () => {
    let handled = 0;
    const stopping = (cloud: Cloud): Service => {
      let stopped = false;
      return {
        name: 'lambda',
        actions: {
          Invoke() {
            if (stopped) throw new Error('database is not open');
            handled++;
          },
        },
        async stop() {
          stopped = true;
          if (handled > 0) return;
          const Entries = [{ Source: 'shop', DetailType: 'order', Detail: '{}' }];
          await cloud.call(OPERATOR, 'events', 'PutEvents', { Entries });
          // A delivery begins in the next turn of the event loop.
          for (let turn = 0; turn < 10; turn++) await setImmediate();
        },
      };
    };
    const patience = { RetryPolicy: { MaximumRetryAttempts: 0 } };
    const Targets = [{ ...target, ...patience, Arn: functionArn }];
    const Impatient = { ...Rule, Properties: { ...Rule.Properties, Targets } };
    running = await run(
      { Letters, LetterPolicy, Rule: Impatient },
      { services: [logs, sqs, events, stopping] },
    );
    const { log } = running;

    running = await running.restart();

    await eventually(() => expect(handled).toBe(1));
    expect(log.join('\n')).not.toContain('gave up');
  });

  it.each([
    ['is gone', new AwsError('NoSuchEntity', 'The role cannot be found.', 404)],
    ['does not trust EventBridge', new AwsError('AccessDeniedException', 'not admitted', 403)],
  ])('is there at once when the role of the target %s', async (_, refusal) => {
    scripted = scriptedHere();
    const cloud = Object.assign(scripted, {
      role() {
        throw refusal;
      },
    });
    cloud.answers.set('sqs:SendMessage', () => ({}));
    cloud.add(events(cloud));
    const Arn = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:flow`;
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/gone`;
    await cloud.provide('AWS::Events::Rule', {
      ...Rule.Properties,
      Targets: [{ Id: 'T0', Arn, RoleArn, DeadLetterConfig: { Arn: queueArn } }],
    });
    await cloud.service('events').start?.();

    const Entries = [{ Source: 'shop', DetailType: 'order', Detail: '{}' }];
    await cloud.as(OPERATOR)('events', 'PutEvents', { Entries });

    const letter = await eventually(() => {
      const found = cloud.calls.find(({ action }) => action === 'SendMessage')?.input;
      expect(found).toMatchObject({
        MessageAttributes: {
          ERROR_CODE: { StringValue: 'FAILED_TO_ASSUME_ROLE' },
          RETRY_ATTEMPTS: { StringValue: '0' },
        },
      });
      return found;
    });
    expect(letter?.MessageAttributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION');
  });

  it.each([
    ['its dead-letter queue', { Arn: functionArn, DeadLetterConfig: { Arn: elsewhere(queueArn) } }],
    ['a queue', { Arn: elsewhere(queueArn) }],
    ['a queue of another partition', { Arn: queueArn.replace('aws:', 'aws-cn:') }],
    ['a function', { Arn: elsewhere(functionArn) }],
  ])('cannot go to another region: %s', async (_, to) => {
    scripted = scriptedHere();
    scripted.add(events(scripted));
    const Targets = [{ Id: 'T0', ...to }];

    await expect(scripted.provide('AWS::Events::Rule', { ...Rule.Properties, Targets })).rejects.toThrow(
      /must be in the region us-east-1 \(partition aws\) as its rule is/,
    );
  });

  it('cannot go to anything but a standard queue', async () => {
    scripted = scriptedHere();
    scripted.add(events(scripted));
    const Targets = [{ Id: 'T0', Arn: functionArn, DeadLetterConfig: { Arn: `${queueArn}.fifo` } }];

    await expect(scripted.provide('AWS::Events::Rule', { ...Rule.Properties, Targets })).rejects.toThrow(
      /must be a standard queue/,
    );
  });
});

it('a queue can be a rule’s target itself', async () => {
  const Targets = [{ Id: 'T0', Arn: arn('Letters'), InputPath: '$.detail' }];
  const QueueRule = { ...Rule, Properties: { ...Rule.Properties, Targets } };
  running = await run({ Letters, LetterPolicy, Rule: QueueRule }, { services });
  const { endpoint, operator } = running.cloud;
  const client = new EventBridgeClient({ endpoint, region: 'us-east-1', credentials: operator });

  await client.send(
    new PutEventsCommand({ Entries: [{ Source: 'shop', DetailType: 'order', Detail: '{"n":1}' }] }),
  );
  client.destroy();

  expect((await nextLetter()).Body).toBe('{"n":1}');
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
    const { Body = '' } = await nextLetter();

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

    const { Body = '' } = await nextLetter();
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

    const { Body = '' } = await nextLetter();
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

    const { Body = '' } = await nextLetter();
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
