/** What comes to nothing on the way from an event to its function waits in one queue, until somebody redrives it. */
import {
  AddPermissionCommand,
  GetFunctionEventInvokeConfigCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  RemovePermissionCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandTree, newSlug, pack, upload } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';

let staithe: Staithe;
let lambda: LambdaClient;
/** Names by what the functions are for. */
let functions: ReadonlyMap<string, string>;
beforeAll(async () => {
  staithe = await startStaithe();
  lambda = new LambdaClient(staithe.aws);
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand());
  functions = new Map(
    Functions.map(({ Description = '', FunctionName = '' }) => [Description, FunctionName]),
  );
});
afterAll(async () => {
  lambda.destroy();
  await staithe[Symbol.asyncDispose]();
});

const list = async () => (await staithe.client.call('listDeadLetters', { query: { limit: 100 } })).items;
const targetsOf = (letters: readonly { target: string | null }[]) =>
  letters.map(({ target }) => target).sort();

/** Functions that keep what they have failed on, and which give up at once from now on. */
async function failingAtOnce(): Promise<string[]> {
  const names = await Promise.all(
    [...functions.values()].map(async (FunctionName) => {
      const read = new GetFunctionEventInvokeConfigCommand({ FunctionName });
      const config = await lambda.send(read).catch(() => undefined);
      if (!config?.DestinationConfig?.OnFailure?.Destination) return [];
      await lambda.send(
        new UpdateFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 0 }),
      );
      return [FunctionName];
    }),
  );
  return names.flat().sort();
}

/** A letter as EventBridge writes it, of a rule that could not reach its target. */
async function putUndelivered(targetArn: string, event: object): Promise<void> {
  const client = new SQSClient(staithe.aws);
  const { QueueUrls: [QueueUrl] = [] } = await client.send(new ListQueuesCommand({}));
  const texts = { RULE_ARN: 'arn:aws:events:us-east-1:000000000000:rule/r', TARGET_ARN: targetArn };
  const MessageAttributes = Object.fromEntries(
    Object.entries(texts).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
  const MessageBody = JSON.stringify(event);
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
  client.destroy();
}

describe('the dead-letter queue', () => {
  it('has each event that a function has failed on for good, and a redrive hands them over again', async () => {
    const failing = await failingAtOnce();
    for (const FunctionName of failing)
      await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: '{"bad":1}' }));
    const letters = await until(list, ({ length }) => length === failing.length);

    const answer = await staithe.client.call('redriveDeadLetters', { body: {} });
    const failedAgain = await until(list, ({ length }) => length === failing.length);

    expect(failing.length).toBeGreaterThanOrEqual(6);
    expect(targetsOf(letters)).toEqual(failing);
    for (const letter of letters)
      expect(letter).toMatchObject({ kind: 'failed', reason: 'RetriesExhausted', attempts: 1 });
    expect(answer).toMatchObject({ redriven: failing.length, refused: [] });
    expect(targetsOf(failedAgain)).toEqual(failing);
    const ids = new Set(letters.map(({ id }) => id));
    expect(failedAgain.filter(({ id }) => ids.has(id))).toEqual([]);
  });

  it('has the event of an upload that its function could not be told of; redriven, the source is stored', async () => {
    const FunctionName = functions.get('Marks sources as stored') ?? '';
    const { Policy = '' } = await lambda.send(new GetPolicyCommand({ FunctionName }));
    const [statement] = z
      .object({
        Statement: z.array(
          z.object({ Sid: z.string(), Condition: z.object({ ArnLike: z.record(z.string(), z.string()) }) }),
        ),
      })
      .parse(JSON.parse(Policy)).Statement;
    const { Sid: StatementId = '', Condition } = statement ?? {};
    await lambda.send(new RemovePermissionCommand({ FunctionName, StatementId }));
    const slug = newSlug('unheard');
    await staithe.client.call('createProject', { body: { slug } });
    const source = await upload(staithe.client, slug, pack(commandTree(['true'])));
    const [letter] = await until(
      async () => (await list()).filter(({ kind }) => kind === 'undelivered'),
      ({ length }) => length === 1,
    );
    const shown = await staithe.client.call('getDeadLetter', { params: { letter: letter?.id ?? '' } });

    await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId,
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: Condition?.ArnLike['AWS:SourceArn'] ?? Condition?.ArnLike['aws:SourceArn'],
      }),
    );
    const redrive = () =>
      staithe.client.call('redriveDeadLetter', { params: { letter: shown.id }, idempotencyKey: shown.id });
    const redriven = await redrive();
    const repeated = await redrive();

    expect(shown).toMatchObject({
      target: FunctionName,
      reason: 'NO_PERMISSIONS',
      attempts: 1,
      event: { source: 'aws.s3', 'detail-type': 'Object Created' },
    });
    expect(redriven.id).toBe(shown.id);
    expect(repeated).toEqual(redriven);
    await until(
      () => staithe.client.call('getSource', { params: { source: source.id } }),
      ({ status }) => status === 'stored',
    );
    expect((await list()).map(({ id }) => id)).not.toContain(shown.id);
  });

  it('has what a schedule or a workflow missed, too', async () => {
    const states = new SFNClient(staithe.aws);
    const { stateMachines = [] } = await states.send(new ListStateMachinesCommand());
    states.destroy();
    const trigger = stateMachines.find(({ name }) => name?.includes('Trigger'))?.stateMachineArn ?? '';
    const arn = (name = '') => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
    const scheduled = ['Ends what is overdue, with the reason', 'Removes what was in deleted projects'];
    for (const what of scheduled)
      await putUndelivered(arn(functions.get(what)), { 'detail-type': 'Scheduled Event' });
    await putUndelivered(trigger, { detail: { id: 'dlv_01JZX3V5N8Q2R4T6W8Y0A1B2C3' } });
    const letters = (await list()).filter(({ kind }) => kind === 'undelivered');

    for (const { id } of letters) await staithe.client.call('redriveDeadLetter', { params: { letter: id } });

    expect(letters).toHaveLength(3);
    expect((await list()).filter(({ kind }) => kind === 'undelivered')).toEqual([]);
  });

  it('is for admins of the whole installation', async () => {
    const { client } = staithe;
    const slug = newSlug('own');
    await client.call('createProject', { body: { slug } });
    const developer = await client.call('createToken', { body: { role: 'developer' } });
    const bound = await client.call('createToken', { body: { role: 'admin', project: slug } });

    for (const { secret } of [developer, bound]) {
      const answer = await staithe.http('GET', '/v1/dead-letters', { token: secret });
      expect(answer).toMatchObject({ status: 403, body: { code: 'role_too_low' } });
    }
  });
});
