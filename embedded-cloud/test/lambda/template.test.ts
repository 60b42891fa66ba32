import {
  CreateFunctionCommand,
  GetFunctionCommand,
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { lambda } from '../../src/lambda/index.ts';
import { logs } from '../../src/logs/index.ts';
import { s3 } from '../../src/s3/index.ts';
import { arn, inline, type Running, role, run } from '../../test-kit/running.ts';
import { zip } from '../../test-kit/zip.ts';

let running: Running | undefined;

afterEach(async () => {
  await running?.close();
  running = undefined;
});

const resource = (Type: string, Properties: Record<string, unknown>) => ({
  Type: `AWS::Lambda::${Type}`,
  Properties,
});
const hello = inline(
  'exports.handler = async (event) => ({ statusCode: 200, body: process.env.AWS_LAMBDA_FUNCTION_VERSION });',
  {
    Tags: [{ Key: 'team', Value: 'a' }],
  },
);

async function answer(client: LambdaClient, FunctionName: string): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
  return JSON.parse(Payload?.transformToString() ?? 'null');
}

describe('a template', () => {
  test('makes functions with version, alias, URL and settings, the same at every start', async () => {
    const Live = resource('Alias', {
      FunctionName: { Ref: 'Hello' },
      FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
      Name: 'live',
    });
    const open = { FunctionName: { Ref: 'Live' }, Principal: '*' };
    running = await run({
      Role: role(),
      Hello: hello,
      Version: resource('Version', { FunctionName: { Ref: 'Hello' } }),
      Live,
      Url: {
        ...resource('Url', { TargetFunctionArn: arn('Hello'), Qualifier: 'live', AuthType: 'NONE' }),
        DependsOn: ['Live'],
      },
      MayUrl: resource('Permission', {
        ...open,
        Action: 'lambda:InvokeFunctionUrl',
        FunctionUrlAuthType: 'NONE',
      }),
      MayInvoke: resource('Permission', {
        ...open,
        Action: 'lambda:InvokeFunction',
        InvokedViaFunctionUrl: true,
      }),
      Settings: resource('EventInvokeConfig', {
        FunctionName: { Ref: 'Hello' },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 1,
      }),
    });
    const made = () => ['Hello', 'Version', 'Live'].map((id) => running?.cloud.resource(id).ref);
    const before = made();
    const url = String(running.cloud.resource('Url').attributes.FunctionUrl);

    running = await running.restart();

    expect(made()).toEqual(before);
    expect(running.cloud.resource('Url').attributes.FunctionUrl).toBe(url);
    expect(await (await fetch(url)).text()).toBe('1');
    const FunctionName = running.cloud.resource('Hello').ref;
    expect(FunctionName).toMatch(/^Test-Hello-[0-9a-f]{8}$/);
    const settings = await running.client.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }));
    expect(settings.MaximumRetryAttempts).toBe(1);
    const { Tags } = await running.client.send(new GetFunctionCommand({ FunctionName }));
    expect(Tags).toEqual({ team: 'a' });
  });

  test.each([
    ['a layer', { Layers: ['arn:aws:lambda:us-east-1:1:layer:x:1'] }, 'Layers'],
    ['another runtime', { Runtime: 'python3.13' }, 'python3.13'],
    ['a role that does not trust Lambda', { Role: arn('Stranger') }, 'lambda.amazonaws.com'],
  ])('with %s is refused by name', async (_what, properties, name) => {
    const trust = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sts:AssumeRole',
    };
    const Stranger = {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] } },
    };

    await expect(run({ Role: role(), Stranger, Hello: inline('', properties) })).rejects.toThrow(name);
  });

  test('cannot map a queue to a function', async () => {
    const Mapping = resource('EventSourceMapping', {
      FunctionName: { Ref: 'Hello' },
      EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q',
      StartingPosition: 'LATEST',
    });

    await expect(run({ Role: role(), Hello: hello, Mapping })).rejects.toThrow('sqs');
  });
});

test('code comes from S3 under the permission of the caller', async () => {
  const reader = (RoleName: string, Resource: string) => {
    const { Properties, ...rest } = { Properties: {}, ...(role(['lambda:*', 'iam:PassRole']) ?? {}) };
    const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource }];
    const more = { PolicyName: 'read', PolicyDocument: { Version: '2012-10-17', Statement } };
    const Policies = [
      ...Object.values(Properties).flatMap((value) => (Array.isArray(value) ? value : [])),
      more,
    ];
    return { ...rest, Properties: { ...Properties, RoleName, Policies } };
  };
  const bucket = { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'code' } };
  running = await run(
    {
      Role: reader('may', 'arn:aws:s3:::code/app.zip'),
      Other: reader('may-not', 'arn:aws:s3:::code/other.zip'),
      Code: bucket,
    },
    { services: [logs, s3, lambda] },
  );
  const settings = { region: 'us-east-1', endpoint: running.cloud.endpoint };
  const store = new S3Client({ ...settings, forcePathStyle: true, credentials: running.cloud.operator });
  await store.send(
    new PutObjectCommand({
      Bucket: 'code',
      Key: 'app.zip',
      Body: await zip({ 'index.mjs': 'export const handler = () => "from S3";' }),
    }),
  );
  const { cloud } = running.cloud;
  const role_ = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
  const as = (name: string) =>
    new LambdaClient({ ...settings, credentials: cloud.credentials(role_(name)), maxAttempts: 1 });
  const Code = { S3Bucket: 'code', S3Key: 'app.zip' };
  const request = {
    FunctionName: 'app',
    Role: role_('may'),
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Code,
  } as const;

  await as('may').send(new CreateFunctionCommand(request));
  await waitUntilFunctionActiveV2(
    { client: running.client, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.2 },
    { FunctionName: 'app' },
  );
  const refused = as('may-not').send(new UpdateFunctionCodeCommand({ FunctionName: 'app', ...Code }));

  await expect(refused).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('GetObject for code/app.zip'),
  });
  expect(await answer(running.client, 'app')).toBe('from S3');
  store.destroy();
});
