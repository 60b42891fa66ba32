/** What a target does not take is not lost: it is in the queue that was named for it, with the reason. */
import { setImmediate } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, describe, expect, it } from 'vitest';
import { events } from '../../src/events/index.ts';
import { logs } from '../../src/logs/index.ts';
import { AwsError, type Cloud, type Service } from '../../src/service.ts';
import { sqs } from '../../src/sqs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { arn, type Running, role, run } from '../../test-kit/running.ts';
import { OPERATOR, type ScriptedCloud, scriptedCloud } from '../codebuild/scripted-cloud.ts';
import {
  ACCOUNT,
  elsewhere,
  Fails,
  functionArn,
  Letters,
  nextLetter,
  queueArn,
  services,
} from './letters.ts';

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

const scriptedHere = () => Object.assign(scriptedCloud(), { region: 'us-east-1' });

let running: Running | undefined;

let scripted: ScriptedCloud | undefined;

afterEach(async () => {
  await running?.close();
  await scripted?.close();
  running = undefined;
  scripted = undefined;
});

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
    const { Body = '', MessageAttributes = {} } = await nextLetter(running);

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

  expect((await nextLetter(running)).Body).toBe('{"n":1}');
});
