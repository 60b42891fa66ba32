/** What comes to nothing on the way from an event to its function waits in one queue, until somebody redrives it. */
import {
  AddPermissionCommand,
  GetFunctionEventInvokeConfigCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  RemovePermissionCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ROUTES } from '../../lib/contract/routes.ts';
import { commandTree, newSlug, pack, upload } from './flow.ts';
import { emptyQueue, functionArn, functionNames, putMissedSweep, putUndelivered } from './letters.ts';
import { type Staithe, startStaithe } from './server.ts';

let staithe: Staithe;
let lambda: LambdaClient;
/** Names by what the functions are for. */
let functions: ReadonlyMap<string, string>;
beforeAll(async () => {
  staithe = await startStaithe();
  lambda = new LambdaClient(staithe.aws);
  functions = await functionNames(staithe);
});
afterEach(() => emptyQueue(staithe));
afterAll(async () => {
  lambda.destroy();
  await staithe[Symbol.asyncDispose]();
});

const list = async () => (await staithe.client.call('listDeadLetters', { query: { limit: 100 } })).items;
const ids = async () => (await list()).map(({ id }) => id);
const targetsOf = (letters: readonly { target: string | null }[]) =>
  letters.map(({ target }) => target).sort();

/** Functions that keep what they have failed on, by name, with how often Lambda tries them again. */
async function keepers(): Promise<Map<string, number | undefined>> {
  const found = await Promise.all(
    [...functions.values()].map(async (FunctionName) => {
      const read = new GetFunctionEventInvokeConfigCommand({ FunctionName });
      const config = await lambda.send(read).catch(() => undefined);
      const keeps = config?.DestinationConfig?.OnFailure?.Destination !== undefined;
      return keeps ? [[FunctionName, config?.MaximumRetryAttempts] as const] : [];
    }),
  );
  return new Map(found.flat());
}

/** What Lambda does unless it is told otherwise (API reference, PutFunctionEventInvokeConfig). */
const RETRIES = 2;
const setRetries = (FunctionName: string, MaximumRetryAttempts: number) =>
  lambda.send(new UpdateFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts }));

describe('the dead-letter queue', () => {
  it('has each event that a function has failed on for good, and a redrive hands them over again', async () => {
    const retries = await keepers();
    const failing = [...retries.keys()].sort();
    const isThere = ({ length }: readonly unknown[]) => length === failing.length;
    const failOnce = async () => {
      for (const name of failing) await setRetries(name, 0);
      for (const FunctionName of failing)
        await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: '{"bad":1}' }));
      const letters = await until(list, isThere);
      const answer = await staithe.client.call('redriveDeadLetters', { body: {} });
      return { letters, answer, failedAgain: await until(list, isThere) };
    };

    const { letters, answer, failedAgain } = await failOnce().finally(async () => {
      for (const [name, before = RETRIES] of retries) await setRetries(name, before);
    });

    expect(failing.length).toBeGreaterThanOrEqual(5);
    expect(targetsOf(letters)).toEqual(failing);
    for (const letter of letters)
      expect(letter).toMatchObject({ kind: 'failed', reason: 'RetriesExhausted', attempts: 1 });
    expect(answer).toMatchObject({ redriven: failing.length, refused: [] });
    expect(targetsOf(failedAgain)).toEqual(failing);
    const first = new Set(letters.map(({ id }) => id));
    expect(failedAgain.filter(({ id }) => first.has(id))).toEqual([]);
  });

  it('has the event of an upload that its function could not be told of; redriven, the source is stored', async () => {
    const FunctionName = functions.get('Reads stored sources, and plans the runs that wait for them') ?? '';
    const { Policy = '' } = await lambda.send(new GetPolicyCommand({ FunctionName }));
    const [statement] = z
      .object({
        Statement: z.array(
          z.object({ Sid: z.string(), Condition: z.object({ ArnLike: z.record(z.string(), z.string()) }) }),
        ),
      })
      .parse(JSON.parse(Policy)).Statement;
    const { Sid: StatementId = '', Condition } = statement ?? {};
    const permission = {
      FunctionName,
      StatementId,
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: Condition?.ArnLike['AWS:SourceArn'] ?? Condition?.ArnLike['aws:SourceArn'],
    };
    const slug = newSlug('unheard');
    await staithe.client.call('createProject', { body: { slug } });
    const uploadUnheard = async () => {
      await lambda.send(new RemovePermissionCommand({ FunctionName, StatementId }));
      const sent = await upload(staithe.client, slug, pack(commandTree(['true'])));
      return { sent, letters: await until(list, ({ length }) => length === 1) };
    };

    const { sent, letters } = await uploadUnheard().finally(() =>
      lambda.send(new AddPermissionCommand(permission)),
    );
    const shown = await staithe.client.call('getDeadLetter', { params: { letter: letters[0]?.id ?? '' } });
    const redriven = await staithe.client.call('redriveDeadLetter', { params: { letter: shown.id } });

    expect(shown).toMatchObject({
      kind: 'undelivered',
      target: FunctionName,
      reason: 'NO_PERMISSIONS',
      attempts: 1,
      event: { source: 'aws.s3', 'detail-type': 'Object Created' },
    });
    expect(redriven.id).toBe(shown.id);
    await until(
      () => staithe.client.call('getSource', { params: { source: sent.id } }),
      ({ status }) => status === 'stored',
    );
    expect(await ids()).not.toContain(shown.id);
  });

  it('has what a schedule or a workflow missed, too', async () => {
    const states = new SFNClient(staithe.aws);
    const { stateMachines = [] } = await states.send(new ListStateMachinesCommand());
    states.destroy();
    const trigger = stateMachines.find(({ name }) => name?.includes('Trigger'))?.stateMachineArn ?? '';
    const remover = functionArn(functions.get('Removes the contents of deleted projects') ?? '');
    const letters = [
      await putMissedSweep(staithe),
      await putUndelivered(staithe, remover, { 'detail-type': 'Scheduled Event' }),
      await putUndelivered(staithe, trigger, { detail: { id: 'dlv_01JZX3V5N8Q2R4T6W8Y0A1B2C3' } }),
    ];
    const listed = await ids();

    for (const letter of letters) await staithe.client.call('redriveDeadLetter', { params: { letter } });

    expect(listed).toEqual(expect.arrayContaining(letters));
    const left = await ids();
    expect(letters.filter((id) => left.includes(id))).toEqual([]);
  });

  describe('under an Idempotency-Key', () => {
    const redrive = (path: string, key: string, body?: object) =>
      staithe.http('POST', `/v1/dead-letters/${path}`, {
        ...(body && { body }),
        headers: { 'idempotency-key': key },
      });

    it('hands a letter over for one of the requests that are sent at once, and tells each repeat so', async () => {
      const letter = await putMissedSweep(staithe);
      const send = (body?: object) => redrive(`${letter}/redrive`, letter, body);

      const atOnce = await Promise.all(Array.from({ length: 6 }, () => send()));
      const repeated = await send();
      const other = await send({ another: 'body' });

      const done = atOnce.filter(({ status }) => status === 200);
      expect(done.filter(({ headers }) => !headers.has('idempotency-replayed'))).toHaveLength(1);
      expect(new Set(done.map(({ body }) => ROUTES.redriveDeadLetter.success.body.parse(body).id))).toEqual(
        new Set([letter]),
      );
      // Whoever looked while it was in the hands of another found none.
      for (const answer of atOnce)
        if (!done.includes(answer))
          expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(repeated).toMatchObject({ status: 200, body: done[0]?.body });
      expect(repeated.headers.get('idempotency-replayed')).toBe('true');
      expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
      expect(await ids()).not.toContain(letter);
    });

    it('a redrive of all is done once: its repeat leaves what has come since', async () => {
      await putMissedSweep(staithe);
      const key = newSlug('all');

      const first = await redrive('redrive', key, {});
      const since = await putMissedSweep(staithe);
      const repeated = await redrive('redrive', key, {});
      const other = await redrive('redrive', key, { before: new Date().toISOString() });

      expect(first).toMatchObject({ status: 200, body: { redriven: 1, refused: [] } });
      expect(repeated).toMatchObject({ status: 200, body: first.body });
      expect(repeated.headers.get('idempotency-replayed')).toBe('true');
      expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
      expect(await ids()).toContain(since);
    });
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
