/** A running cloud with three small services of the test's own, one for each protocol. */
import { buffer } from 'node:stream/consumers';
import { type RunningCloud, startCloud } from '../../src/cloud.ts';
import type { AuthorizedCall } from '../../src/gateway/call.ts';
import { AwsError, type Cloud, type Service } from '../../src/service.ts';
import { writeAssembly } from '../../test-kit/assembly.ts';

const TRUST = {
  Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
};

const TEMPLATE = {
  Resources: {
    Visitor: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'visitor',
        AssumeRolePolicyDocument: {
          Statement: {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { AWS: 'arn:aws:iam::000000000000:root' },
          },
        },
      },
    },
    Reader: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'reader',
        AssumeRolePolicyDocument: TRUST,
        Policies: [
          {
            PolicyName: 'read',
            PolicyDocument: {
              Statement: {
                Effect: 'Allow',
                Action: ['ssm:GetParameter', 's3:*', 'lambda:*', 'ssm:Unused'],
                Resource: '*',
              },
            },
          },
        ],
      },
    },
  },
};

/** JSON protocol: a parameter's value says who reads it; some names provoke errors. */
const parameters = (): Service => ({
  name: 'ssm',
  actions: {
    GetParameter({ Name }, call) {
      call.authorize('ssm:GetParameter', `arn:aws:ssm:::parameter/${Name}`);
      if (Name === 'bug') throw new Error('a secret detail');
      if (Name === 'gone') throw new AwsError('ParameterNotFound', 'No such parameter.');
      return { Parameter: { Name, Value: call.principal.arn } };
    },
    PutParameter(_, call) {
      call.authorize('ssm:PutParameter', 'arn:aws:ssm:::parameter/x');
      return { Version: 1 };
    },
  },
});

/** S3's protocol: a PUT answers with the number of bytes that arrived. */
const objects = (stored: string[]) => (): Service => ({
  name: 's3',
  async handle({ method, path, body }, call) {
    if (path.startsWith('/refused')) call.authorize('s3:PutObject', path, { resourcePolicies: [DENY] });
    call.authorize(method === 'GET' ? 's3:GetObject' : 's3:PutObject', path, {
      resourcePolicies: path.startsWith('/public') ? [OPEN] : [],
    });
    const bytes = await buffer(body);
    stored.push(`${method} ${path} ${bytes.length}`);
    return { status: 200, headers: { etag: `"${bytes.length}"` }, body: method === 'GET' ? 'content' : '' };
  },
});
const OPEN = { Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' } };
const DENY = { Statement: { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' } };

/** REST with JSON: the answer is the path. */
const functions = (): Service => ({
  name: 'lambda',
  async handle({ path }, call) {
    call.authorize('lambda:GetFunction', path);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ Configuration: { Description: path } }),
    };
  },
});

export interface Harness extends AsyncDisposable {
  readonly running: RunningCloud;
  readonly cloud: Cloud;
  readonly roleArn: string;
  readonly calls: AuthorizedCall[];
  readonly log: string[];
  /** What the S3 service took, e.g. `PUT /bucket/key 3`. */
  readonly stored: string[];
  /** Settings of an SDK client that acts as the operator, or as the role `reader`. */
  readonly as: (who: 'operator' | 'reader') => {
    endpoint: string;
    region: string;
    maxAttempts: number;
    credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  };
  /** Moves the cloud's clock, in milliseconds. */
  readonly advance: (milliseconds: number) => void;
}

export async function startHarness(): Promise<Harness> {
  const folder = writeAssembly({ App: TEMPLATE });
  const [calls, log, stored]: [AuthorizedCall[], string[], string[]] = [[], [], []];
  let offset = 0;
  const running = await startCloud({
    ...{ assembly: folder.assembly, stateDir: folder.stateDir },
    now: () => Date.now() + offset,
    services: [parameters, objects(stored), functions],
    log: (area, message) => log.push(`${area}: ${message}`),
    onCall: (call) => calls.push(call),
  });
  const roleArn = String(running.resource('Reader').attributes.Arn);
  return {
    ...{ running, cloud: running.cloud, roleArn, calls, log, stored },
    as: (who) => ({
      endpoint: running.endpoint,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: who === 'operator' ? running.operator : running.cloud.credentials(roleArn),
    }),
    advance: (milliseconds) => {
      offset += milliseconds;
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      folder[Symbol.dispose]();
    },
  };
}
