import {
  AddPermissionCommand,
  GetPolicyCommand,
  RemovePermissionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answering, Functions } from './functions.ts';

let functions: Functions;
beforeEach(async () => {
  functions = await Functions.start();
});
afterEach(() => functions[Symbol.asyncDispose]());

describe('permission', () => {
  test('to create is not enough: the role must be passable', async () => {
    await expect(functions.create('app', {}, functions.as('no-pass'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('iam:PassRole'),
    });
  });

  test('may depend on the tags of the request and of the function', async () => {
    const client = functions.as('team-a');
    const touch = async (FunctionName: string) =>
      client.send(
        new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await answering('two'), DryRun: true }),
      );
    await functions.ready('other', { Tags: { team: 'b' } });

    await functions.create('mine', { Tags: { team: 'a' } }, client);
    await functions.active('mine');

    await expect(functions.create('wrong', { Tags: { team: 'b' } }, client)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(touch('other')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(touch('mine')).resolves.toBeDefined();
  });

  test("of an AWS service is what the function's policy says, for the named source only", async () => {
    await functions.ready('app');
    const rule = 'arn:aws:events:us-east-1:000000000000:rule/tick';
    const invoke = (sourceArn: string) =>
      functions.running.cloud.cloud.call(
        { kind: 'service', arn: 'events.amazonaws.com', sourceArn },
        'lambda',
        'Invoke',
        { FunctionName: 'app' },
      );

    await expect(invoke(rule)).rejects.toMatchObject({ code: 'AccessDeniedException' });
    await functions.running.client.send(
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
    const { Policy } = await functions.running.client.send(new GetPolicyCommand({ FunctionName: 'app' }));
    expect(JSON.parse(Policy ?? '')).toMatchObject({
      Statement: [
        {
          Sid: 's',
          Principal: { Service: 'events.amazonaws.com' },
          Condition: { ArnLike: { 'AWS:SourceArn': rule } },
        },
      ],
    });
    await functions.running.client.send(
      new RemovePermissionCommand({ FunctionName: 'app', StatementId: 's' }),
    );
    await expect(invoke(rule)).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });
});
