import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Service } from '../../src/service.ts';
import { ssm } from '../../src/ssm/index.ts';
import { ACCOUNT, REGION, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

let cloud: SmallCloud<Service>;
let client: SSMClient;
beforeEach(async () => {
  cloud = await smallCloud(ssm);
  client = new SSMClient(cloud.operator);
});
afterEach(() => cloud.stop());

const put = (Name: string, Value = 'v', more: Partial<PutParameterCommandInput> = {}) =>
  client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }));
const get = async (Name: string, WithDecryption = false) =>
  (await client.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter;

test('the CDK finds its bootstrap version', async () => {
  const version = await get('/cdk-bootstrap/hnb659fds/version');

  expect(Number(version?.Value)).toBeGreaterThanOrEqual(21);
});

test('overwriting makes a new version, and each version can be asked for', async () => {
  await put('/app/level', 'info');

  const blind = put('/app/level', 'debug');
  await expect(blind).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
  const { Version } = await put('/app/level', 'debug', { Overwrite: true });

  expect(Version).toBe(2);
  expect((await get('/app/level'))?.Value).toBe('debug');
  expect(await get('/app/level:1')).toMatchObject({ Value: 'info', Version: 1, Selector: ':1' });
  expect((await get(`arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/app/level`))?.Value).toBe('debug');
  await expect(get('/app/level:9')).rejects.toMatchObject({ name: 'ParameterVersionNotFound' });
});

test('a secure string shows its value only with decryption, and never on disk', async () => {
  await put('/app/password', 'hunter2-in-plain-sight', { Type: 'SecureString' });

  const [plain, decrypted] = [await get('/app/password'), await get('/app/password', true)];

  expect(decrypted).toMatchObject({ Type: 'SecureString', Value: 'hunter2-in-plain-sight' });
  expect(plain?.Value).not.toContain('hunter2');
  const folder = join(cloud.folder, 'ssm');
  for (const file of readdirSync(folder))
    expect(readFileSync(join(folder, file)).includes('hunter2-in-plain-sight')).toBe(false);
});

test('a path lists its level, or all below it, page by page', async () => {
  for (const name of ['/a/1', '/a/2', '/a/deep/3', '/ab/4']) await put(name);
  const list = async (Recursive: boolean, MaxResults = 10, NextToken?: string) => {
    const answer = await client.send(
      new GetParametersByPathCommand({
        Path: '/a',
        Recursive,
        MaxResults,
        ...(NextToken ? { NextToken } : {}),
      }),
    );
    return { names: answer.Parameters?.map(({ Name }) => Name), next: answer.NextToken };
  };

  const level = await list(false);
  const all = await list(true);
  const first = await list(true, 2);
  const second = await list(true, 2, first.next);

  expect(level.names).toEqual(['/a/1', '/a/2']);
  expect(all.names).toEqual(['/a/1', '/a/2', '/a/deep/3']);
  expect([...(first.names ?? []), ...(second.names ?? [])]).toEqual(all.names);
});

test('several are read and deleted at once, and the missing ones are named', async () => {
  await put('one');
  await put('two');

  const read = await client.send(new GetParametersCommand({ Names: ['one', 'none'] }));
  const deleted = await client.send(new DeleteParametersCommand({ Names: ['one', 'none'] }));
  await client.send(new DeleteParameterCommand({ Name: 'two' }));

  expect(read.Parameters?.map(({ Name }) => Name)).toEqual(['one']);
  expect(read.InvalidParameters).toEqual(['none']);
  expect(deleted).toMatchObject({ DeletedParameters: ['one'], InvalidParameters: ['none'] });
  await expect(get('two')).rejects.toMatchObject({ name: 'ParameterNotFound' });
});

test('descriptions are filtered and tell no values', async () => {
  await put('/app/a', 'value-of-a', { Description: 'first' });
  await put('/other/b');

  const { Parameters } = await client.send(
    new DescribeParametersCommand({
      ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: ['/app'] }],
    }),
  );

  expect(Parameters).toMatchObject([{ Name: '/app/a', Description: 'first', Version: 1, Tier: 'Standard' }]);
  expect(JSON.stringify(Parameters)).not.toContain('value-of-a');
});

test('values that break the pattern or the size are refused', async () => {
  const mismatch = put('port', 'eighty', { AllowedPattern: '^\\d+$' });
  await expect(mismatch).rejects.toMatchObject({ name: 'ParameterPatternMismatchException' });
  const large = put('large', 'x'.repeat(4097));
  await expect(large).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(put('large', 'x'.repeat(4097), { Tier: 'Advanced' })).resolves.toMatchObject({
    Tier: 'Advanced',
  });
});

test('a role reads the parameters of its path and no others', async () => {
  await put('/app/a');
  await put('/other/b');
  const Resource = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/app/*`;
  const role = new SSMClient(cloud.role('app', [{ Effect: 'Allow', Action: 'ssm:GetParameter*', Resource }]));

  const own = await role.send(new GetParameterCommand({ Name: '/app/a' }));
  const mixed = role.send(new GetParametersCommand({ Names: ['/app/a', '/other/b'] }));

  expect(own.Parameter?.Value).toBe('v');
  await expect(mixed).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('a template parameter gets a new version only when it changes', async () => {
  const provide = (Value: string) =>
    cloud.provide('AWS::SSM::Parameter', { Type: 'String', Value, Name: '/t' });

  const first = await provide('a');
  await provide('a');
  const unchanged = await get('/t');
  await provide('b');

  expect(first).toEqual({ ref: '/t', attributes: { Type: 'String', Value: 'a' } });
  expect(unchanged?.Version).toBe(1);
  expect(await get('/t')).toMatchObject({ Value: 'b', Version: 2 });
});
