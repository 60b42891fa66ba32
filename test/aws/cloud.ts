/** A small embedded cloud for the adapters: a bucket, a state machine, a log group, a role for functions. */
import { type Quotas, type RunningCloud, startCloud } from 'embedded-cloud';
import { lambda, logs, processes, s3, stepfunctions } from 'embedded-cloud/services';
import { writeAssembly } from 'embedded-cloud/test-kit/assembly.ts';

export const GROUP = 'builds';
export const BUCKET = 'bytes';

const trusting = (service: string, actions: string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } },
    },
    Policies: [
      {
        PolicyName: 'p',
        PolicyDocument: { Statement: { Effect: 'Allow', Action: actions, Resource: '*' } },
      },
    ],
  },
});

/** Ends at once when its input says so, and otherwise waits for an hour. */
const MACHINE = {
  QueryLanguage: 'JSONata',
  StartAt: 'Which',
  States: {
    Which: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.end %}', Next: 'End' }],
      Default: 'Wait',
    },
    Wait: { Type: 'Wait', Seconds: 3600, End: true },
    End: { Type: 'Succeed' },
  },
};

const RESOURCES = {
  Bytes: { Type: 'AWS::S3::Bucket', Properties: { BucketName: BUCKET } },
  Workflow: trusting('states.amazonaws.com', ['logs:PutLogEvents']),
  Build: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'build',
      RoleArn: { 'Fn::GetAtt': ['Workflow', 'Arn'] },
      DefinitionString: JSON.stringify(MACHINE),
    },
  },
  Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: GROUP } },
  Function: trusting('lambda.amazonaws.com', [
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ]),
};

export interface SmallCloud extends AsyncDisposable {
  readonly running: RunningCloud;
  /** For every SDK client. */
  readonly config: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: RunningCloud['operator'];
  };
  /** The cloud's time is ahead of the real one, by which clients sign, while this happens. */
  later<T>(milliseconds: number, act: () => Promise<T>): Promise<T>;
}

/** @param quotas of the account; by default the machine's */
export async function startSmallCloud(quotas?: Quotas): Promise<SmallCloud> {
  const folder = writeAssembly({
    Test: { Resources: RESOURCES, Outputs: outputs({ Machine: { Ref: 'Build' }, Role: roleArn }) },
  });
  let ahead = 0;
  const running = await startCloud({
    assembly: folder.assembly,
    stateDir: folder.stateDir,
    services: [s3, logs, stepfunctions, lambda, processes],
    now: () => Date.now() + ahead,
    log: () => undefined,
    ...(quotas && { quotas }),
  });
  return {
    running,
    config: { region: 'us-east-1', endpoint: running.endpoint, credentials: running.operator },
    async later(milliseconds, act) {
      ahead = milliseconds;
      try {
        return await act();
      } finally {
        ahead = 0;
      }
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      folder[Symbol.dispose]();
    },
  };
}

const roleArn = { 'Fn::GetAtt': ['Function', 'Arn'] };
const outputs = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([name, Value]) => [name, { Value }]));
