import {
  CreateAliasCommand,
  DeleteFunctionCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Functions } from './functions.ts';

let functions: Functions;
beforeEach(async () => {
  functions = await Functions.start();
});
afterEach(() => functions[Symbol.asyncDispose]());

describe('versions and aliases', () => {
  test('a version keeps its code, and publishing unchanged code gives the same version again', async () => {
    await functions.ready('app');
    const publish = () => functions.running.client.send(new PublishVersionCommand({ FunctionName: 'app' }));

    const [one, again] = [await publish(), await publish()];
    await functions.update('app', 'two');
    const two = await publish();

    expect([one.Version, again.Version, two.Version]).toEqual(['1', '1', '2']);
    expect([
      await functions.answer('app', '1'),
      await functions.answer('app', '2'),
      await functions.answer('app'),
    ]).toEqual(['one', 'two', 'two']);
    const { Versions } = await functions.running.client.send(
      new ListVersionsByFunctionCommand({ FunctionName: 'app' }),
    );
    expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1', '2']);
  });

  test('publishing under another digest than the one that was tested is refused', async () => {
    await functions.ready('app');
    const publish = (input: object) =>
      functions.running.client.send(new PublishVersionCommand({ FunctionName: 'app', ...input }));

    await expect(publish({ CodeSha256: 'other' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
    await expect(publish({ RevisionId: 'old' })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
    });
  });

  test('an alias leads to its version, moves with a precondition, and splits by weight', async () => {
    await functions.ready('app');
    const target = { FunctionName: 'app', Name: 'live' };
    await functions.running.client.send(new PublishVersionCommand({ FunctionName: 'app' }));
    await functions.update('app', 'two');
    await functions.running.client.send(new PublishVersionCommand({ FunctionName: 'app' }));

    const alias = await functions.running.client.send(
      new CreateAliasCommand({ ...target, FunctionVersion: '1' }),
    );
    const before = await functions.answer('app', 'live');
    const stale = functions.running.client.send(
      new UpdateAliasCommand({ ...target, FunctionVersion: '2', RevisionId: 'old' }),
    );
    await expect(stale).rejects.toMatchObject({ name: 'PreconditionFailedException' });
    const RoutingConfig = { AdditionalVersionWeights: { 2: 1 } };
    await functions.running.client.send(
      new UpdateAliasCommand({ ...target, RevisionId: alias.RevisionId, RoutingConfig }),
    );
    const shifted = await functions.answer('app', 'live');
    await functions.running.client.send(
      new UpdateAliasCommand({
        ...target,
        FunctionVersion: '2',
        RoutingConfig: { AdditionalVersionWeights: {} },
      }),
    );

    expect([before, shifted, await functions.answer('app', 'live')]).toEqual(['one', 'two', 'two']);
    const inUse = functions.running.client.send(
      new DeleteFunctionCommand({ FunctionName: 'app', Qualifier: '2' }),
    );
    await expect(inUse).rejects.toMatchObject({ name: 'ResourceConflictException' });
  });
});
