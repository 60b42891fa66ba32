import { createHash } from 'node:crypto';
import {
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  PutFunctionConcurrencyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { zip } from '../../test-kit/zip.ts';
import { answering, Functions } from './functions.ts';

let functions: Functions;
beforeEach(async () => {
  functions = await Functions.start();
});
afterEach(() => functions[Symbol.asyncDispose]());

describe('creating a function', () => {
  test('takes a moment, until which it cannot be invoked', async () => {
    const package_ = await answering('one');

    const created = await functions.create('app', { Code: { ZipFile: package_ }, Tags: { team: 'a' } });
    const early = functions.answer('app');

    expect(created).toMatchObject({ State: 'Pending', Version: '$LATEST', CodeSize: package_.length });
    expect(created.CodeSha256).toBe(createHash('sha256').update(package_).digest('base64'));
    await expect(early).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await functions.active('app');
    expect(await functions.answer('app')).toBe('one');
  });

  test('outlives a restart of the cloud', async () => {
    await functions.ready('app', { Tags: { team: 'a' }, Timeout: 9 });

    functions.running = await functions.running.restart();

    expect(await functions.answer('app')).toBe('one');
    const { Configuration, Tags } = await functions.running.client.send(
      new GetFunctionCommand({ FunctionName: 'app' }),
    );
    expect(Configuration).toMatchObject({ Timeout: 9, State: 'Active' });
    expect(Tags).toEqual({ team: 'a' });
  });

  test('becomes ready after a restart when the first run did not get that far', async () => {
    await functions.create('app');

    functions.running = await functions.running.restart();
    await functions.active('app');

    expect(await functions.answer('app')).toBe('one');
  });

  test.each([
    ['a runtime that only AWS has', { Runtime: 'python3.13' }, 'InvalidParameterValueException'],
    [
      'a reserved variable',
      { Environment: { Variables: { AWS_REGION: 'x' } } },
      'InvalidParameterValueException',
    ],
    ['a layer', { Layers: ['arn:aws:lambda:us-east-1:1:layer:x:1'] }, 'InvalidParameterValueException'],
    [
      'something that is no zip',
      { Code: { ZipFile: Buffer.from('no zip') } },
      'InvalidParameterValueException',
    ],
    ['too much memory', { MemorySize: 20_000 }, 'ValidationException'],
    ['a role that does not exist', { Role: 'arn:aws:iam::000000000000:role/nobody' }, 'NoSuchEntity'],
  ] as const)('refuses %s and keeps nothing', async (_what, input, name) => {
    const refused = functions.create('app', input as Partial<CreateFunctionCommandInput>);

    await expect(refused).rejects.toMatchObject({ name });
    await expect(functions.answer('app')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('refuses an archive that leads out of its folder', async () => {
    const evil = await zip({ 'aa/aa/escaped.js': '1', 'index.mjs': 'export const handler = () => 1;' });
    const ZipFile = Buffer.from(
      evil.toString('latin1').replaceAll('aa/aa/escaped.js', '../../escaped.js'),
      'latin1',
    );

    await expect(functions.create('app', { Code: { ZipFile } })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
  });

  test('refuses a name that is taken', async () => {
    await functions.create('app');

    await expect(functions.create('app')).rejects.toMatchObject({
      name: 'ResourceConflictException',
      $metadata: { httpStatusCode: 409 },
    });
  });
});

describe('updating', () => {
  test('is one at a time, and the new code answers when it is done', async () => {
    await functions.ready('app');
    const ZipFile = await answering('two');

    const first = await functions.running.client.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'app', ZipFile }),
    );
    const second = functions.running.client.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'app', Timeout: 5 }),
    );

    expect(first.LastUpdateStatus).toBe('InProgress');
    await expect(second).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await functions.settled('app');
    expect(await functions.answer('app')).toBe('two');
  });

  test('with an outdated RevisionId is refused, and a dry run changes nothing', async () => {
    await functions.ready('app');
    const ZipFile = await answering('two');
    const send = (more: object) =>
      functions.running.client.send(new UpdateFunctionCodeCommand({ FunctionName: 'app', ZipFile, ...more }));

    await expect(send({ RevisionId: 'old' })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      $metadata: { httpStatusCode: 412 },
    });
    const dry = await send({ DryRun: true });

    expect(dry.CodeSha256).toBe(createHash('sha256').update(ZipFile).digest('base64'));
    expect(await functions.answer('app')).toBe('one');
  });
});

test('tags, reserved concurrency and lists are as AWS has them', async () => {
  await functions.ready('app', { Tags: { a: '1' } });
  await functions.ready('bpp');
  const Resource = 'arn:aws:lambda:us-east-1:000000000000:function:app';

  await functions.running.client.send(new TagResourceCommand({ Resource, Tags: { b: '2', c: '3' } }));
  await functions.running.client.send(new UntagResourceCommand({ Resource, TagKeys: ['a', 'c'] }));
  await functions.running.client.send(
    new PutFunctionConcurrencyCommand({ FunctionName: 'app', ReservedConcurrentExecutions: 900 }),
  );
  const { Functions, NextMarker } = await functions.running.client.send(
    new ListFunctionsCommand({ MaxItems: 1 }),
  );

  expect((await functions.running.client.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ b: '2' });
  await expect(
    functions.running.client.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'bpp', ReservedConcurrentExecutions: 1 }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  expect(Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['app']);
  const rest = await functions.running.client.send(new ListFunctionsCommand({ Marker: NextMarker }));
  expect(rest.Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['bpp']);
  await functions.running.client.send(new DeleteFunctionCommand({ FunctionName: 'app' }));
  const gone = functions.running.client.send(new GetFunctionConfigurationCommand({ FunctionName: 'app' }));
  await expect(gone).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});
