/** The dead-letter queue on SQS: what AWS's services write into it is read, and reaches its targets again. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { lambda, logs, sqs, stepfunctions } from 'embedded-cloud/services';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { arn, inline, type Running, role, run } from 'embedded-cloud/test-kit/running.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqsDeadLetters } from '../../lib/aws/dead-letters.ts';
import type { DeadLetters, TakenLetter } from '../../lib/domain/ports/dead-letters.ts';
import { deadLettersContract } from '../domain/ports/dead-letters.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'dead-letters-'));
const file = join(folder, 'events');
const Recorder = inline(
  `exports.handler = async (event) => require('node:fs').appendFileSync(${JSON.stringify(file)}, JSON.stringify(event) + '\\n');`,
  { FunctionName: 'recorder' },
);
const Definition = { QueryLanguage: 'JSONata', StartAt: 'End', States: { End: { Type: 'Succeed' } } };
const StatesRole = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'states.amazonaws.com' },
      },
    },
  },
};
const Machine = {
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: 'trigger',
    RoleArn: arn('StatesRole'),
    DefinitionString: JSON.stringify(Definition),
  },
};
const Letters = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters', VisibilityTimeout: 60 } };
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:recorder';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:trigger';
const RULE = 'arn:aws:events:us-east-1:000000000000:rule/Staithe/Deliveries';

let ahead = 0;
let running: Running;
let letters: DeadLetters;
let client: SQSClient;
let states: SFNClient;
let QueueUrl: string;
beforeAll(async () => {
  running = await run(
    { Role: role(), Recorder, StatesRole, Machine, Letters },
    { services: [logs, sqs, lambda, stepfunctions], now: () => Date.now() + ahead },
  );
  const { endpoint, operator: credentials } = running.cloud;
  const settings = { endpoint, credentials, region: 'us-east-1' };
  client = new SQSClient(settings);
  states = new SFNClient(settings);
  QueueUrl = `${endpoint}/000000000000/letters`;
  // Here there is one server, which needs no waiting for.
  letters = sqsDeadLetters(QueueUrl, { sqs: client, lambda: new LambdaClient(settings), states }, 0);
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const put = (MessageBody: string, texts: Record<string, string> = {}) =>
  client.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody,
      MessageAttributes: Object.fromEntries(
        Object.entries(texts).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }),
  );
/** As the developer guide of Lambda shows it. */
const record = (requestPayload: unknown, more: object = {}) =>
  JSON.stringify({
    version: '1.0',
    timestamp: '2026-11-14T18:16:05.568Z',
    requestContext: {
      requestId: 'e4b46cbf-b738-4f6e-8880-a18cdf61200e',
      functionArn: `${FUNCTION}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: 'TypeError', errorMessage: 'no key' },
    ...more,
  });
const sent = (): unknown[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];

deadLettersContract(() => ({
  letters,
  put: async (event) => void (await put(record(event))),
  putUnknown: async () => void (await put('{"a":1}')),
  async sent() {
    await eventually(() => expect(sent().length).toBeGreaterThan(0));
    return sent();
  },
  pass() {
    ahead += 61_000;
  },
}));

describe('a letter', () => {
  async function only(): Promise<TakenLetter> {
    const [taken, ...others] = await letters.take();
    if (taken === undefined || others.length > 0) throw new Error('There is not one letter.');
    return taken;
  }
  beforeAll(async () => {
    ahead += 61_000;
    for (const old of await letters.take()) await letters.remove(old);
  });

  test('of Lambda tells the function, its error, and how often it had the event', async () => {
    await put(record({ n: 1 }));

    const taken = await only();
    await letters.remove(taken);

    expect(taken.letter).toMatchObject({
      kind: 'failed',
      target: 'recorder',
      reason: 'RetriesExhausted',
      message: 'TypeError: no key',
      attempts: 3,
      event: { n: 1 },
    });
    const { failed_at: failed, expires_at: expires } = taken.letter;
    expect(Date.parse(expires) - Date.parse(failed)).toBe(14 * 86_400_000);
  });

  test('of Lambda whose event was too large cannot be sent', async () => {
    await put(record(undefined, { responsePayload: undefined }));

    const taken = await only();
    await expect(letters.send(taken)).rejects.toThrow(/too large/);

    await letters.remove(taken);
  });

  test('of EventBridge tells rule, target and reason, and starts a workflow once with the event', async () => {
    const event = { id: 'e', source: 'staithe', detail: { id: 'dlv_1' } };
    await put(JSON.stringify(event), {
      RULE_ARN: RULE,
      TARGET_ARN: MACHINE,
      ERROR_CODE: 'THROTTLING',
      ERROR_MESSAGE: 'Rate exceeded',
      RETRY_ATTEMPTS: '185',
    });

    const taken = await only();
    await letters.send(taken);
    await letters.send(taken);
    await letters.remove(taken);

    expect(taken.letter).toMatchObject({
      kind: 'undelivered',
      target: 'trigger',
      rule: 'Deliveries',
      reason: 'THROTTLING',
      message: 'Rate exceeded',
      attempts: 186,
      event,
    });
    const executionArn = `${MACHINE.replace(':stateMachine:', ':execution:')}:redrive-${taken.letter.id}`;
    const { input } = await states.send(new DescribeExecutionCommand({ executionArn }));
    expect(JSON.parse(input ?? '')).toEqual(event);
  });

  test('for a function that is gone is refused, with its name', async () => {
    await put('{}', { RULE_ARN: RULE, TARGET_ARN: `${FUNCTION}-gone` });

    const taken = await only();
    await expect(letters.send(taken)).rejects.toMatchObject({
      code: 'dead_letter_not_redrivable',
      message: expect.stringContaining('recorder-gone does not take the event'),
    });

    await letters.remove(taken);
  });
});
