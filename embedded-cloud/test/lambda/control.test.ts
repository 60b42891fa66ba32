import { createHash } from 'node:crypto';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { type Running, role, run } from '../../test-kit/running.ts';
import { zip } from '../../test-kit/zip.ts';

const Role = 'arn:aws:iam::000000000000:role/function-role';

let running: Running;
let clients: LambdaClient[];

beforeEach(async () => {
  clients = [];
  running = await run({ Role: named(role(), 'function-role'), ...deployers });
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await running.close();
});

function named(definition: unknown, RoleName: string): unknown {
  const { Properties, ...rest } = { Properties: {}, ...(definition ?? {}) };
  return { ...rest, Properties: { ...Properties, RoleName } };
}

const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
const roleWith = (RoleName: string, Statement: unknown[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName,
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
    Policies: [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement } }],
  },
});
const teamA = { StringEquals: { 'aws:ResourceTag/team': 'a' } };
const deployers = {
  NoPass: roleWith('no-pass', [{ Effect: 'Allow', Action: 'lambda:*', Resource: '*' }]),
  TeamA: roleWith('team-a', [
    {
      Effect: 'Allow',
      Action: 'lambda:CreateFunction',
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestTag/team': 'a' } },
    },
    {
      Effect: 'Allow',
      Action: ['lambda:UpdateFunctionCode', 'lambda:GetFunction*'],
      Resource: '*',
      Condition: teamA,
    },
    {
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: Role,
      Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    },
  ]),
};

function as(roleName: string): LambdaClient {
  const credentials = running.cloud.cloud.credentials(`arn:aws:iam::000000000000:role/${roleName}`);
  const client = new LambdaClient({
    region: 'us-east-1',
    endpoint: running.cloud.endpoint,
    credentials,
    maxAttempts: 1,
  });
  clients.push(client);
  return client;
}

const answering = (answer: string) =>
  zip({ 'index.mjs': `export const handler = async () => ${JSON.stringify(answer)};` });

async function create(
  FunctionName: string,
  input: Partial<CreateFunctionCommandInput> = {},
  client = running.client,
) {
  const Code = input.Code ?? { ZipFile: await answering('one') };
  const request = {
    FunctionName,
    Role,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    ...input,
    Code,
  } as const;
  return client.send(new CreateFunctionCommand(request));
}

const active = (FunctionName: string) =>
  waitUntilFunctionActiveV2(
    { client: running.client, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.2 },
    { FunctionName },
  );
const settled = (FunctionName: string) =>
  waitUntilFunctionUpdatedV2(
    { client: running.client, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.2 },
    { FunctionName },
  );

async function ready(FunctionName: string, input: Partial<CreateFunctionCommandInput> = {}): Promise<void> {
  await create(FunctionName, input);
  await active(FunctionName);
}

async function answer(FunctionName: string, Qualifier?: string): Promise<unknown> {
  const { Payload } = await running.client.send(new InvokeCommand({ FunctionName, Qualifier }));
  return JSON.parse(Payload?.transformToString() ?? 'null');
}

async function update(FunctionName: string, text: string) {
  const output = await running.client.send(
    new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await answering(text) }),
  );
  await settled(FunctionName);
  return output;
}

describe('creating a function', () => {
  test('takes a moment, until which it cannot be invoked', async () => {
    const package_ = await answering('one');

    const created = await create('app', { Code: { ZipFile: package_ }, Tags: { team: 'a' } });
    const early = answer('app');

    expect(created).toMatchObject({ State: 'Pending', Version: '$LATEST', CodeSize: package_.length });
    expect(created.CodeSha256).toBe(createHash('sha256').update(package_).digest('base64'));
    await expect(early).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await active('app');
    expect(await answer('app')).toBe('one');
  });

  test('outlives a restart of the cloud', async () => {
    await ready('app', { Tags: { team: 'a' }, Timeout: 9 });

    running = await running.restart();

    expect(await answer('app')).toBe('one');
    const { Configuration, Tags } = await running.client.send(
      new GetFunctionCommand({ FunctionName: 'app' }),
    );
    expect(Configuration).toMatchObject({ Timeout: 9, State: 'Active' });
    expect(Tags).toEqual({ team: 'a' });
  });

  test('becomes ready after a restart when the first run did not get that far', async () => {
    await create('app');

    running = await running.restart();
    await active('app');

    expect(await answer('app')).toBe('one');
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
    const refused = create('app', input as Partial<CreateFunctionCommandInput>);

    await expect(refused).rejects.toMatchObject({ name });
    await expect(answer('app')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('refuses an archive that leads out of its folder', async () => {
    const evil = await zip({ 'aa/aa/escaped.js': '1', 'index.mjs': 'export const handler = () => 1;' });
    const ZipFile = Buffer.from(
      evil.toString('latin1').replaceAll('aa/aa/escaped.js', '../../escaped.js'),
      'latin1',
    );

    await expect(create('app', { Code: { ZipFile } })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
  });

  test('refuses a name that is taken', async () => {
    await create('app');

    await expect(create('app')).rejects.toMatchObject({
      name: 'ResourceConflictException',
      $metadata: { httpStatusCode: 409 },
    });
  });
});

describe('updating', () => {
  test('is one at a time, and the new code answers when it is done', async () => {
    await ready('app');
    const ZipFile = await answering('two');

    const first = await running.client.send(new UpdateFunctionCodeCommand({ FunctionName: 'app', ZipFile }));
    const second = running.client.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'app', Timeout: 5 }),
    );

    expect(first.LastUpdateStatus).toBe('InProgress');
    await expect(second).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await settled('app');
    expect(await answer('app')).toBe('two');
  });

  test('with an outdated RevisionId is refused, and a dry run changes nothing', async () => {
    await ready('app');
    const ZipFile = await answering('two');
    const send = (more: object) =>
      running.client.send(new UpdateFunctionCodeCommand({ FunctionName: 'app', ZipFile, ...more }));

    await expect(send({ RevisionId: 'old' })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      $metadata: { httpStatusCode: 412 },
    });
    const dry = await send({ DryRun: true });

    expect(dry.CodeSha256).toBe(createHash('sha256').update(ZipFile).digest('base64'));
    expect(await answer('app')).toBe('one');
  });
});

describe('versions and aliases', () => {
  test('a version keeps its code, and publishing unchanged code gives the same version again', async () => {
    await ready('app');
    const publish = () => running.client.send(new PublishVersionCommand({ FunctionName: 'app' }));

    const [one, again] = [await publish(), await publish()];
    await update('app', 'two');
    const two = await publish();

    expect([one.Version, again.Version, two.Version]).toEqual(['1', '1', '2']);
    expect([await answer('app', '1'), await answer('app', '2'), await answer('app')]).toEqual([
      'one',
      'two',
      'two',
    ]);
    const { Versions } = await running.client.send(
      new ListVersionsByFunctionCommand({ FunctionName: 'app' }),
    );
    expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1', '2']);
  });

  test('publishing under another digest than the one that was tested is refused', async () => {
    await ready('app');
    const publish = (input: object) =>
      running.client.send(new PublishVersionCommand({ FunctionName: 'app', ...input }));

    await expect(publish({ CodeSha256: 'other' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
    await expect(publish({ RevisionId: 'old' })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
    });
  });

  test('an alias leads to its version, moves with a precondition, and splits by weight', async () => {
    await ready('app');
    const target = { FunctionName: 'app', Name: 'live' };
    await running.client.send(new PublishVersionCommand({ FunctionName: 'app' }));
    await update('app', 'two');
    await running.client.send(new PublishVersionCommand({ FunctionName: 'app' }));

    const alias = await running.client.send(new CreateAliasCommand({ ...target, FunctionVersion: '1' }));
    const before = await answer('app', 'live');
    const stale = running.client.send(
      new UpdateAliasCommand({ ...target, FunctionVersion: '2', RevisionId: 'old' }),
    );
    await expect(stale).rejects.toMatchObject({ name: 'PreconditionFailedException' });
    const RoutingConfig = { AdditionalVersionWeights: { 2: 1 } };
    await running.client.send(
      new UpdateAliasCommand({ ...target, RevisionId: alias.RevisionId, RoutingConfig }),
    );
    const shifted = await answer('app', 'live');
    await running.client.send(
      new UpdateAliasCommand({
        ...target,
        FunctionVersion: '2',
        RoutingConfig: { AdditionalVersionWeights: {} },
      }),
    );

    expect([before, shifted, await answer('app', 'live')]).toEqual(['one', 'two', 'two']);
    const inUse = running.client.send(new DeleteFunctionCommand({ FunctionName: 'app', Qualifier: '2' }));
    await expect(inUse).rejects.toMatchObject({ name: 'ResourceConflictException' });
  });
});

describe('permission', () => {
  test('to create is not enough: the role must be passable', async () => {
    await expect(create('app', {}, as('no-pass'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('iam:PassRole'),
    });
  });

  test('may depend on the tags of the request and of the function', async () => {
    const client = as('team-a');
    const touch = async (FunctionName: string) =>
      client.send(
        new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await answering('two'), DryRun: true }),
      );
    await ready('other', { Tags: { team: 'b' } });

    await create('mine', { Tags: { team: 'a' } }, client);
    await active('mine');

    await expect(create('wrong', { Tags: { team: 'b' } }, client)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(touch('other')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(touch('mine')).resolves.toBeDefined();
  });

  test("of an AWS service is what the function's policy says, for the named source only", async () => {
    await ready('app');
    const rule = 'arn:aws:events:us-east-1:000000000000:rule/tick';
    const invoke = (sourceArn: string) =>
      running.cloud.cloud.call(
        { kind: 'service', arn: 'events.amazonaws.com', sourceArn },
        'lambda',
        'Invoke',
        { FunctionName: 'app' },
      );

    await expect(invoke(rule)).rejects.toMatchObject({ code: 'AccessDeniedException' });
    await running.client.send(
      new AddPermissionCommand({
        FunctionName: 'app',
        StatementId: 's',
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: rule,
      }),
    );

    expect(await invoke(rule)).toMatchObject({ StatusCode: 200, Payload: '"one"' });
    await expect(invoke(`${rule}-else`)).rejects.toMatchObject({ code: 'AccessDeniedException' });
    const { Policy } = await running.client.send(new GetPolicyCommand({ FunctionName: 'app' }));
    expect(JSON.parse(Policy ?? '')).toMatchObject({
      Statement: [
        {
          Sid: 's',
          Principal: { Service: 'events.amazonaws.com' },
          Condition: { ArnLike: { 'AWS:SourceArn': rule } },
        },
      ],
    });
    await running.client.send(new RemovePermissionCommand({ FunctionName: 'app', StatementId: 's' }));
    await expect(invoke(rule)).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });
});

describe('a function URL', () => {
  const allow = (FunctionName: string, StatementId: string, more: object) =>
    running.client.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId,
        Principal: '*',
        Action: 'lambda:InvokeFunction',
        ...more,
      }),
    );
  const echo = () =>
    zip({
      'index.mjs':
        'export const handler = async (event) => ({ statusCode: 201, cookies: ["a=1", "b=2"], headers: { "X-Path": event.rawPath }, body: JSON.stringify(event) });',
    });

  test('is public only with both permissions that AWS asks for since October 2025, and keeps its address', async () => {
    await ready('app', { Code: { ZipFile: await echo() } });
    const { FunctionUrl = '' } = await running.client.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: 'app', AuthType: 'NONE' }),
    );

    const none = await fetch(FunctionUrl);
    const refusal = await none.json();
    await allow('app', 'url', { Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' });
    const one = await fetch(FunctionUrl);
    await one.text();
    await allow('app', 'invoke', { InvokedViaFunctionUrl: true });
    running = await running.restart();
    // The connections that fetch has kept were cut by the restart.
    const both = await eventually(() =>
      fetch(`${FunctionUrl}a%20b?x=1&x=2`, {
        method: 'POST',
        body: 'text',
        headers: { cookie: 'c=3', 'content-type': 'text/plain' },
      }),
    );

    expect([none.status, one.status, both.status]).toEqual([403, 403, 201]);
    expect(refusal).toEqual({ Message: expect.stringMatching(/^Forbidden\./) });
    expect(both.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(both.headers.get('x-path')).toBe('/a%20b');
    expect(await both.json()).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawQueryString: 'x=1&x=2',
      queryStringParameters: { x: '1,2' },
      cookies: ['c=3'],
      body: 'text',
      isBase64Encoded: false,
    });
    // The permission that holds for the URL does not open the API.
    const direct = running.cloud.cloud.call({ kind: 'anonymous', arn: 'anonymous' }, 'lambda', 'Invoke', {
      FunctionName: 'app',
    });
    await expect(direct).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });

  test('of an alias is an address of its own; AWS_IAM is refused by name', async () => {
    await ready('app', { Publish: true });
    await ready('bpp');
    await running.client.send(
      new CreateAliasCommand({ FunctionName: 'app', Name: 'live', FunctionVersion: '1' }),
    );
    const make = (more: object) =>
      running.client.send(
        new CreateFunctionUrlConfigCommand({ FunctionName: 'app', AuthType: 'NONE', ...more }),
      );

    const [whole, alias] = [await make({}), await make({ Qualifier: 'live' })];

    expect(whole.FunctionUrl).not.toBe(alias.FunctionUrl);
    expect(alias.FunctionArn).toMatch(/:function:app:live$/);
    await expect(make({})).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await expect(make({ FunctionName: 'bpp', AuthType: 'AWS_IAM' })).rejects.toMatchObject({
      message: expect.stringContaining('AWS_IAM'),
    });
  });
});

test('tags, reserved concurrency and lists are as AWS has them', async () => {
  await ready('app', { Tags: { a: '1' } });
  await ready('bpp');
  const Resource = 'arn:aws:lambda:us-east-1:000000000000:function:app';

  await running.client.send(new TagResourceCommand({ Resource, Tags: { b: '2', c: '3' } }));
  await running.client.send(new UntagResourceCommand({ Resource, TagKeys: ['a', 'c'] }));
  await running.client.send(
    new PutFunctionConcurrencyCommand({ FunctionName: 'app', ReservedConcurrentExecutions: 900 }),
  );
  const { Functions, NextMarker } = await running.client.send(new ListFunctionsCommand({ MaxItems: 1 }));

  expect((await running.client.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ b: '2' });
  await expect(
    running.client.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'bpp', ReservedConcurrentExecutions: 1 }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  expect(Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['app']);
  const rest = await running.client.send(new ListFunctionsCommand({ Marker: NextMarker }));
  expect(rest.Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['bpp']);
  await running.client.send(new DeleteFunctionCommand({ FunctionName: 'app' }));
  const gone = running.client.send(new GetFunctionConfigurationCommand({ FunctionName: 'app' }));
  await expect(gone).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});
