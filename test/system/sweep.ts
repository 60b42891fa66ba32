/** The sweep of the reconciler, which a rule calls every minute, at once. */
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { expect } from 'vitest';
import type { Staithe } from './server.ts';

/** @returns what it found */
export async function sweep(aws: Staithe['aws']): Promise<unknown> {
  const client = new LambdaClient(aws);
  const { Functions = [] } = await client.send(new ListFunctionsCommand());
  const FunctionName = Functions.find((one) =>
    one.Description?.startsWith('Ends overdue runs'),
  )?.FunctionName;
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
  client.destroy();
  const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString());
  expect(answer.FunctionError, JSON.stringify(payload)).toBeUndefined();
  return payload;
}
