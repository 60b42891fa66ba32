/** Functions that are made and changed by the API, by the operator and by deployers with less permission. */
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { type Running, type RunOptions, role, run } from '../../test-kit/running.ts';
import { zip } from '../../test-kit/zip.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/function-role';

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
  Asker: roleWith('asker', [
    {
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: ['arn:aws:lambda:*:*:function:*:2', 'arn:aws:lambda:*:*:function:*:live'],
      Condition: teamA,
    },
  ]),
  ImageDeployer: roleWith('image-deployer', [
    { Effect: 'Allow', Action: ['lambda:*', 'iam:PassRole'], Resource: '*' },
  ]),
  PolicyDeployer: roleWith('policy-deployer', [
    { Effect: 'Allow', Action: ['lambda:*', 'iam:PassRole', 'ecr:*RepositoryPolicy'], Resource: '*' },
  ]),
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
      Resource: ROLE,
      Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    },
  ]),
};

export const answering = (answer: string) =>
  zip({ 'index.mjs': `export const handler = async () => ${JSON.stringify(answer)};` });

export class Functions implements AsyncDisposable {
  running: Running;
  readonly #clients: LambdaClient[] = [];

  private constructor(running: Running) {
    this.running = running;
  }

  static async start(options: RunOptions = {}): Promise<Functions> {
    return new Functions(
      await run(
        { Role: named(role(), 'function-role'), OtherRole: named(role(), 'other-role'), ...deployers },
        options,
      ),
    );
  }

  /** A client with a role's credentials. */
  as(roleName: string): LambdaClient {
    const { endpoint, cloud } = this.running.cloud;
    const credentials = cloud.credentials(`arn:aws:iam::000000000000:role/${roleName}`);
    const client = new LambdaClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
    this.#clients.push(client);
    return client;
  }

  async create(
    FunctionName: string,
    input: Partial<CreateFunctionCommandInput> = {},
    client = this.running.client,
  ) {
    const Code = input.Code ?? { ZipFile: await answering('one') };
    const request = {
      FunctionName,
      Role: ROLE,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      ...input,
      Code,
    } as const;
    return client.send(new CreateFunctionCommand(request));
  }

  async active(FunctionName: string): Promise<void> {
    await waitUntilFunctionActiveV2(this.#waiting(), { FunctionName });
  }

  async settled(FunctionName: string): Promise<void> {
    await waitUntilFunctionUpdatedV2(this.#waiting(), { FunctionName });
  }

  #waiting() {
    return { client: this.running.client, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.2 };
  }

  async ready(FunctionName: string, input: Partial<CreateFunctionCommandInput> = {}): Promise<void> {
    await this.create(FunctionName, input);
    await this.active(FunctionName);
  }

  async answer(FunctionName: string, Qualifier?: string): Promise<unknown> {
    const { Payload } = await this.running.client.send(new InvokeCommand({ FunctionName, Qualifier }));
    return JSON.parse(Payload?.transformToString() ?? 'null');
  }

  async update(FunctionName: string, text: string) {
    const output = await this.running.client.send(
      new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await answering(text) }),
    );
    await this.settled(FunctionName);
    return output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.running.close();
  }
}
