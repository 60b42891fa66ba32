import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  DeleteFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { zip } from '../../test-kit/zip.ts';
import { Functions } from './functions.ts';

let functions: Functions;
beforeEach(async () => {
  functions = await Functions.start();
});
afterEach(() => functions[Symbol.asyncDispose]());

describe('a function URL', () => {
  const allow = (FunctionName: string, StatementId: string, more: object) =>
    functions.running.client.send(
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
    await functions.ready('app', { Code: { ZipFile: await echo() } });
    const { FunctionUrl = '' } = await functions.running.client.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: 'app', AuthType: 'NONE' }),
    );

    const none = await fetch(FunctionUrl);
    const refusal = await none.json();
    await allow('app', 'url', { Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' });
    const one = await fetch(FunctionUrl);
    await one.text();
    await allow('app', 'invoke', { InvokedViaFunctionUrl: true });
    functions.running = await functions.running.restart();
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
    const direct = functions.running.cloud.cloud.call(
      { kind: 'anonymous', arn: 'anonymous' },
      'lambda',
      'Invoke',
      {
        FunctionName: 'app',
      },
    );
    await expect(direct).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });

  test('of an alias is an address of its own; AWS_IAM is refused by name', async () => {
    await functions.ready('app', { Publish: true });
    await functions.ready('bpp');
    await functions.running.client.send(
      new CreateAliasCommand({ FunctionName: 'app', Name: 'live', FunctionVersion: '1' }),
    );
    const make = (more: object) =>
      functions.running.client.send(
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

  test('that is deleted, by itself or with its function, is open to builds no more', async () => {
    const { client, cloud } = functions.running;
    await functions.ready('app', { Publish: true });
    const alias = { FunctionName: 'app', Name: 'live', FunctionVersion: '1' };
    await client.send(new CreateAliasCommand(alias));
    const make = async (more: object) => {
      const input = { FunctionName: 'app', AuthType: 'NONE' as const, ...more };
      const { FunctionUrl = '' } = await client.send(new CreateFunctionUrlConfigCommand(input));
      return Number(new URL(FunctionUrl).port);
    };
    const ports = [await make({}), await make({ Qualifier: 'live' })];
    const published = () => ports.map((port) => cloud.cloud.publicPorts?.().includes(port));

    const before = published();
    await client.send(new DeleteFunctionUrlConfigCommand({ FunctionName: 'app' }));
    const between = published();
    await client.send(new DeleteFunctionCommand({ FunctionName: 'app' }));

    expect([before, between, published()]).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
    await expect(fetch(`http://127.0.0.1:${ports[1]}/`)).rejects.toThrow();
  });
});
