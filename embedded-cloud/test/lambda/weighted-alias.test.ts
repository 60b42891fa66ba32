import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  GetAliasCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { zip } from '../../test-kit/zip.ts';
import { Functions } from './functions.ts';

let functions: Functions;
beforeEach(async () => {
  functions = await Functions.start();
});
afterEach(() => functions[Symbol.asyncDispose]());

const answer = (body: string) =>
  zip({ 'index.mjs': `export const handler = async () => ({ statusCode: 200, body: '${body}' });` });
const live = { FunctionName: 'app', Name: 'live' };
const client = () => functions.running.client;

/** Version 1 answers `one`, version 2 `two`. */
async function twoVersions(): Promise<void> {
  await functions.ready('app', {
    Code: { ZipFile: await answer('one') },
    Publish: true,
    Tags: { team: 'a' },
  });
  await functions.update('app', 'two');
  await client().send(new PublishVersionCommand({ FunctionName: 'app' }));
}

const executed = async (Qualifier: string) =>
  (await client().send(new InvokeCommand({ FunctionName: 'app', Qualifier }))).ExecutedVersion;

/** Of 200 calls. With a share of one half, fewer than 50 or more than 150 come once in 10^11 times. */
async function shares(ask: () => Promise<string | undefined>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let calls = 0; calls < 200; calls += 10) {
    for (const version of await Promise.all(Array.from({ length: 10 }, ask)))
      counts[String(version)] = (counts[String(version)] ?? 0) + 1;
  }
  return counts;
}

describe('a weighted alias', () => {
  test('shares calls and requests of its URL out between both versions, and says which one answered', async () => {
    await twoVersions();
    const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } };
    await client().send(new CreateAliasCommand({ ...live, FunctionVersion: '1', RoutingConfig }));
    const { FunctionUrl = '' } = await client().send(
      new CreateFunctionUrlConfigCommand({ FunctionName: 'app', Qualifier: 'live', AuthType: 'NONE' }),
    );
    const permission = { FunctionName: 'app', Qualifier: 'live', Principal: '*' };
    await client().send(
      new AddPermissionCommand({
        ...{ ...permission, StatementId: 'url', Action: 'lambda:InvokeFunctionUrl' },
        FunctionUrlAuthType: 'NONE',
      }),
    );
    await client().send(
      new AddPermissionCommand({
        ...{ ...permission, StatementId: 'invoke', Action: 'lambda:InvokeFunction' },
        InvokedViaFunctionUrl: true,
      }),
    );

    const byCall = await shares(() => executed('live'));
    const byUrl = await shares(async () => (await fetch(FunctionUrl)).text());

    expect(Object.keys(byCall).sort()).toEqual(['1', '2']);
    expect(byCall['1']).toBeGreaterThan(50);
    expect(byCall['2']).toBeGreaterThan(50);
    expect(Object.keys(byUrl)).toHaveLength(2);
    expect(Math.min(...Object.values(byUrl))).toBeGreaterThan(50);
  });

  test('keeps its weights until they are named again, and an empty map ends them', async () => {
    await twoVersions();
    const AdditionalVersionWeights = { 2: 0.25 };
    const made = await client().send(
      new CreateAliasCommand({ ...live, FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights } }),
    );

    const kept = await client().send(new UpdateAliasCommand({ ...live, Description: 'canary' }));
    const read = await client().send(new GetAliasCommand(live));
    const ended = await client().send(
      new UpdateAliasCommand({
        ...{ ...live, FunctionVersion: '2', RevisionId: read.RevisionId },
        RoutingConfig: { AdditionalVersionWeights: {} },
      }),
    );

    expect(kept.RoutingConfig).toEqual({ AdditionalVersionWeights });
    expect(read).toMatchObject({ RoutingConfig: { AdditionalVersionWeights }, RevisionId: kept.RevisionId });
    expect(kept.RevisionId).not.toBe(made.RevisionId);
    expect(ended).toMatchObject({ FunctionVersion: '2', Description: 'canary' });
    expect(ended.RoutingConfig).toBeUndefined();
    expect(await executed('live')).toBe('2');
  });

  test('is refused with weights that Lambda refuses, and stays as it was', async () => {
    await twoVersions();
    await client().send(new CreateAliasCommand({ ...live, FunctionVersion: '1' }));
    const before = await client().send(new GetAliasCommand(live));
    const refusal = (weights: Record<string, number>, more: object = {}) =>
      client()
        .send(
          new UpdateAliasCommand({
            ...{ ...live, ...more },
            RoutingConfig: { AdditionalVersionWeights: weights },
          }),
        )
        .then(
          () => 'accepted',
          (error: Error) => error.name,
        );

    expect({
      tooMuch: await refusal({ 2: 1.1 }),
      negative: await refusal({ 2: -0.1 }),
      latest: await refusal({ $LATEST: 0.1 }),
      ofLatest: await refusal({ 2: 0.1 }, { FunctionVersion: '$LATEST' }),
      unknown: await refusal({ 7: 0.1 }),
      itself: await refusal({ 1: 0.1 }),
      alias: await refusal({}, { FunctionVersion: 'live' }),
    }).toEqual({
      tooMuch: 'ValidationException',
      negative: 'ValidationException',
      latest: 'ValidationException',
      ofLatest: 'InvalidParameterValueException',
      unknown: 'ResourceNotFoundException',
      itself: 'InvalidParameterValueException',
      alias: 'ValidationException',
    });
    expect(await client().send(new GetAliasCommand(live))).toMatchObject({ RevisionId: before.RevisionId });
  });

  test('cannot share calls out between versions with different roles', async () => {
    await twoVersions();
    await client().send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'app',
        Role: 'arn:aws:iam::000000000000:role/other-role',
      }),
    );
    await functions.settled('app');
    await client().send(new PublishVersionCommand({ FunctionName: 'app' }));

    const RoutingConfig = { AdditionalVersionWeights: { 3: 0.1 } };
    const made = client().send(new CreateAliasCommand({ ...live, FunctionVersion: '2', RoutingConfig }));

    await expect(made).rejects.toThrow(/different execution roles/);
  });
});

describe('a role that may invoke', () => {
  test('one version and one alias of functions with a tag invokes these and nothing else', async () => {
    await twoVersions();
    await client().send(new CreateAliasCommand({ ...live, FunctionVersion: '1' }));
    await functions.ready('other', { Publish: true });
    await client().send(new CreateAliasCommand({ ...live, FunctionName: 'other', FunctionVersion: '1' }));
    const asker = functions.as('asker');
    const asked = (FunctionName: string, Qualifier?: string) =>
      asker.send(new InvokeCommand({ FunctionName, Qualifier })).then(
        ({ ExecutedVersion }) => ExecutedVersion,
        (error: Error) => error.name,
      );

    expect({
      version: await asked('app', '2'),
      qualifiedName: await asked('app:2'),
      alias: await asked('app', 'live'),
      otherVersion: await asked('app', '1'),
      unqualified: await asked('app'),
      withoutTag: await asked('other', 'live'),
    }).toEqual({
      version: '2',
      qualifiedName: '2',
      alias: '1',
      otherVersion: 'AccessDeniedException',
      unqualified: 'AccessDeniedException',
      withoutTag: 'AccessDeniedException',
    });
  });
});
