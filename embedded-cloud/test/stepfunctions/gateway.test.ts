/** The real SDK client, over HTTP, with signatures and the policies of the template's roles. */

import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  GetExecutionHistoryCommand,
  ListStateMachinesCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCloud, startCloud } from '../../src/cloud.ts';
import type { Service } from '../../src/service.ts';
import { stepfunctions } from '../../src/stepfunctions/index.ts';
import { writeAssembly } from '../../test-kit/assembly.ts';
import { eventually } from '../../test-kit/patience.ts';

const role = (RoleName: string, statement: Record<string, unknown>) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName,
    AssumeRolePolicyDocument: {
      Statement: {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'states.amazonaws.com' },
      },
    },
    Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: { Effect: 'Allow', ...statement } } }],
  },
});
const machine = (
  name: string,
  states: Record<string, unknown>,
  properties: Record<string, unknown> = {},
) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: name,
    RoleArn: { 'Fn::GetAtt': ['Workflow', 'Arn'] },
    DefinitionString: JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: states }),
    ...properties,
  },
});
const task = (Resource: string, Arguments: Record<string, unknown>) => ({
  A: { Type: 'Task', Resource: `arn:aws:states:::${Resource}`, Arguments, End: true },
});
const TEMPLATE = {
  Resources: {
    Workflow: role('workflow', { Action: 'lambda:InvokeFunction', Resource: 'allowed' }),
    Starter: role('starter', { Action: 'states:StartExecution', Resource: { Ref: 'Pass' } }),
    Pass: machine('pass', { A: { Type: 'Pass', Output: '{% $states.input.n + 1 %}', End: true } }),
    Long: machine('long', { A: { Type: 'Wait', Seconds: 3600, End: true } }),
    Express: machine('express', { A: { Type: 'Succeed' } }, { StateMachineType: 'EXPRESS' }),
    Forbidden: machine('forbidden', task('lambda:invoke', { FunctionName: 'forbidden' })),
    Token: machine(
      'token',
      task('lambda:invoke.waitForTaskToken', {
        FunctionName: 'allowed',
        Payload: { token: '{% $states.context.Task.Token %}' },
      }),
    ),
  },
};

let token = '';
/** A Lambda that keeps the token it was given. */
const functions = (): Service => ({
  name: 'lambda',
  actions: {
    Invoke({ FunctionName, Payload }, call) {
      call.authorize('lambda:InvokeFunction', String(FunctionName));
      token = JSON.parse(String(Payload)).token;
      return { StatusCode: 200, Payload: 'null', ExecutedVersion: '$LATEST' };
    },
  },
});

let running: RunningCloud;
let folder: ReturnType<typeof writeAssembly>;
const clients: SFNClient[] = [];
beforeAll(async () => {
  folder = writeAssembly({ App: TEMPLATE });
  running = await startCloud({
    assembly: folder.assembly,
    stateDir: folder.stateDir,
    services: [functions, stepfunctions],
  });
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await running.stop();
  folder[Symbol.dispose]();
});

function client(who: 'operator' | 'Starter' = 'operator'): SFNClient {
  const credentials =
    who === 'operator'
      ? running.operator
      : running.cloud.credentials(String(running.resource(who).attributes.Arn));
  const sfn = new SFNClient({
    endpoint: running.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    // StartSyncExecution would go to `sync-127.0.0.1`.
    disableHostPrefix: true,
    credentials,
  });
  clients.push(sfn);
  return sfn;
}
const arn = (logicalId: string) => running.resource(logicalId).ref;

async function ended(executionArn: string | undefined) {
  const sfn = client();
  return eventually(async () => {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect(execution.status).not.toBe('RUNNING');
    return execution;
  });
}

describe('through the gateway, the SDK', () => {
  it('starts an execution, sees its end and its history, with dates', async () => {
    const sfn = client();

    const started = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: arn('Pass'), input: '{"n":1}' }),
    );
    const execution = await ended(started.executionArn);
    const history = await sfn.send(new GetExecutionHistoryCommand({ executionArn: started.executionArn }));

    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: '2', startDate: started.startDate });
    expect(started.startDate).toBeInstanceOf(Date);
    expect(execution.stopDate).toBeInstanceOf(Date);
    expect(history.events?.at(-1)?.executionSucceededEventDetails?.output).toBe('2');
  });

  it('gets the exceptions that it knows', async () => {
    const sfn = client();
    await sfn.send(new StartExecutionCommand({ stateMachineArn: arn('Long'), name: 'once', input: '1' }));

    const other = sfn.send(
      new StartExecutionCommand({ stateMachineArn: arn('Long'), name: 'once', input: '2' }),
    );
    const absent = sfn.send(new StartExecutionCommand({ stateMachineArn: `${arn('Long')}x` }));

    await expect(other).rejects.toBeInstanceOf(ExecutionAlreadyExists);
    await expect(absent).rejects.toBeInstanceOf(StateMachineDoesNotExist);
  });

  it('as a role may do what its policy grants, and nothing else', async () => {
    const starter = client('Starter');

    const { executionArn } = await starter.send(new StartExecutionCommand({ stateMachineArn: arn('Pass') }));

    for (const denied of [
      starter.send(new StartExecutionCommand({ stateMachineArn: arn('Long') })),
      starter.send(new StopExecutionCommand({ executionArn })),
      starter.send(new ListStateMachinesCommand({})),
    ]) {
      await expect(denied).rejects.toMatchObject({ name: 'AccessDeniedException' });
    }
  });

  it('hands a token back', async () => {
    const sfn = client();
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: arn('Token') }));
    await eventually(() => expect(token).not.toBe(''));

    await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: '"done"' }));

    expect(await ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '"done"' });
  });

  it('runs an Express machine to its end in one call', async () => {
    const result = await client().send(
      new StartSyncExecutionCommand({ stateMachineArn: arn('Express'), input: '[1]' }),
    );

    expect(result).toMatchObject({ status: 'SUCCEEDED', output: '[1]', stopDate: expect.any(Date) });
  });
});

describe('a machine whose role lacks a permission', () => {
  it('fails with the error that the service gives on AWS', async () => {
    const { executionArn } = await client().send(
      new StartExecutionCommand({ stateMachineArn: arn('Forbidden') }),
    );

    const execution = await ended(executionArn);

    expect(execution).toMatchObject({ status: 'FAILED', error: 'Lambda.AWSLambdaException' });
    expect(execution.cause).toContain('lambda:InvokeFunction');
  });
});
