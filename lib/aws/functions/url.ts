import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  type LambdaClient,
  ResourceConflictException,
} from '@aws-sdk/client-lambda';
import { undefinedIfMissing } from '../undefined-if-missing.ts';

/**
 * The alias's function URL, open to everybody: since October 2025 Lambda asks for both lambda:InvokeFunctionUrl and
 * lambda:InvokeFunction (docs: "Control access to Lambda function URLs").
 */
export async function publicUrl(client: LambdaClient, functionName: string, alias: string): Promise<string> {
  const which = { FunctionName: functionName, Qualifier: alias };
  const existing = await undefinedIfMissing(client.send(new GetFunctionUrlConfigCommand(which)));
  if (existing?.FunctionUrl !== undefined) return existing.FunctionUrl;
  // The permissions first: a URL that exists is one that is open.
  const open = { ...which, Principal: '*' };
  await once(
    client.send(
      new AddPermissionCommand({
        ...open,
        StatementId: 'staithe-url',
        Action: 'lambda:InvokeFunctionUrl',
        FunctionUrlAuthType: 'NONE',
      }),
    ),
  );
  await once(
    client.send(
      new AddPermissionCommand({
        ...open,
        StatementId: 'staithe-invoke',
        Action: 'lambda:InvokeFunction',
        InvokedViaFunctionUrl: true,
      }),
    ),
  );
  const created = await client.send(new CreateFunctionUrlConfigCommand({ ...which, AuthType: 'NONE' }));
  if (created.FunctionUrl === undefined) throw new Error('Lambda gave no function URL.');
  return created.FunctionUrl;
}

/** One that is not there is no error. */
export async function closeUrl(client: LambdaClient, functionName: string, alias: string): Promise<void> {
  const which = { FunctionName: functionName, Qualifier: alias };
  await undefinedIfMissing(client.send(new DeleteFunctionUrlConfigCommand(which)));
}

/** A permission that is there already is no error. */
async function once(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof ResourceConflictException)) throw error;
  });
}
