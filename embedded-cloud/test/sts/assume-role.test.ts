/** AssumeRole and session policies, with AWS's own clients against roles of a template. */
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningCloud, startCloud } from '../../src/cloud.ts';
import { s3 } from '../../src/s3/index.ts';
import { ssm } from '../../src/ssm/index.ts';
import { type TemporaryAssembly, writeAssembly } from '../../test-kit/assembly.ts';

const ACCOUNT = '000000000000';
const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const role = (RoleName: string, principal: object, statements: object[], more = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName,
    AssumeRolePolicyDocument: {
      Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal },
    },
    Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: statements } }],
    ...more,
  },
});
const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
const deny = (Action: string, Resource: string) => ({ Effect: 'Deny', Action, Resource });
const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const parameter = (name: string) => `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/${name}`;

/** The desk may take on the clerk, and nobody else may; the porter asks by an identity policy. */
const RESOURCES = {
  Desk: role('desk', { Service: 'lambda.amazonaws.com' }, []),
  Porter: role('porter', { Service: 'lambda.amazonaws.com' }, [allow('sts:AssumeRole', roleArn('long'))]),
  Clerk: {
    ...role('clerk', { AWS: { 'Fn::GetAtt': ['Desk', 'Arn'] } }, [
      allow('ssm:*', parameter('team/*')),
      deny('ssm:PutParameter', parameter('team/fixed')),
    ]),
    DependsOn: 'Desk',
  },
  Long: role('long', { AWS: `arn:aws:iam::${ACCOUNT}:root` }, [], { MaxSessionDuration: 7200 }),
  Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'bytes' } },
  BucketPolicy: {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: 'bytes',
      PolicyDocument: {
        Statement: [
          {
            ...allow('s3:PutObject', 'arn:aws:s3:::bytes/role/*'),
            Principal: { AWS: roleArn('clerk') },
          },
          {
            ...allow('s3:PutObject', 'arn:aws:s3:::bytes/session/*'),
            Principal: { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/clerk/named` },
          },
        ],
      },
    },
    DependsOn: ['Bucket', 'Clerk'],
  },
};

let folder: TemporaryAssembly;
let cloud: RunningCloud;
let ahead = 0;
beforeAll(async () => {
  folder = writeAssembly({ App: { Resources: RESOURCES } });
  const { assembly, stateDir } = folder;
  const now = () => Date.now() + ahead;
  cloud = await startCloud({ assembly, stateDir, services: [s3, ssm], now, log: () => undefined });
});
afterAll(async () => {
  await cloud.stop();
  folder[Symbol.dispose]();
});

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
const settings = (credentials: Keys) => ({
  endpoint: cloud.endpoint,
  region: 'us-east-1',
  credentials,
  maxAttempts: 1,
});
const of = (name: string): Keys => cloud.cloud.credentials(roleArn(name));

async function assume(as: Keys, input: Partial<AssumeRoleCommandInput> = {}): Promise<Keys> {
  const { Credentials } = await new STSClient(settings(as)).send(
    new AssumeRoleCommand({ RoleArn: roleArn('clerk'), RoleSessionName: 'named', ...input }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}
const put = (as: Keys, Name: string) =>
  new SSMClient(settings(as)).send(
    new PutParameterCommand({ Name: `/${Name}`, Value: 'v', Type: 'String', Overwrite: true }),
  );
const get = (as: Keys, Name: string) =>
  new SSMClient(settings(as)).send(new GetParameterCommand({ Name: `/${Name}` }));
const upload = (as: Keys, Key: string) =>
  new S3Client({ ...settings(as), forcePathStyle: true }).send(
    new PutObjectCommand({ Bucket: 'bytes', Key, Body: 'x' }),
  );

describe('a role', () => {
  test('is taken on by whom its trust policy names, and by nobody else', async () => {
    const keys = await assume(of('desk'));
    const who = await new STSClient(settings(keys)).send(new GetCallerIdentityCommand({}));

    expect(who.Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/clerk/named`);
    await expect(assume(of('porter'))).rejects.toThrow(/porter is not authorized to perform: sts:AssumeRole/);
    await expect(assume(of('clerk'))).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('that trusts the account is taken on by whose own policy says so', async () => {
    const RoleArn = roleArn('long');

    await expect(assume(of('porter'), { RoleArn })).resolves.toBeDefined();
    await expect(assume(of('desk'), { RoleArn })).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('lends its permissions for as long as was asked, and no longer', async () => {
    // Requests are signed by the real clock, from which the cloud's may be fifteen minutes off.
    ahead = -300_000;
    const keys = await assume(of('desk'), { DurationSeconds: 900 });
    ahead = 590_000;
    await expect(put(keys, 'team/a')).resolves.toBeDefined();
    ahead = 610_000;
    const late = await put(keys, 'team/a').catch((error: unknown) => error);
    ahead = 0;

    expect(late).toMatchObject({ name: 'ExpiredTokenException' });
  });

  test.each([
    ['under fifteen minutes', 'desk', 'clerk', 899, 'between 900 and 43200'],
    ['above an hour through another role', 'porter', 'long', 7200, 'role chaining'],
  ])('lends nothing %s', async (_, as, name, DurationSeconds, message) => {
    await expect(assume(of(as), { RoleArn: roleArn(name), DurationSeconds })).rejects.toThrow(message);
  });

  test('lends at most what its own limit says', async () => {
    const RoleArn = roleArn('long');

    await expect(assume(cloud.operator, { RoleArn, DurationSeconds: 7200 })).resolves.toBeDefined();
    await expect(assume(cloud.operator, { RoleArn, DurationSeconds: 7201 })).rejects.toThrow(
      'MaxSessionDuration',
    );
  });
});

describe('a session policy', () => {
  const narrowed = (...statements: object[]) => assume(of('desk'), { Policy: policy(...statements) });

  test('narrows the role to what both allow', async () => {
    const keys = await narrowed(allow('ssm:PutParameter', parameter('*')));

    await expect(put(keys, 'team/a')).resolves.toBeDefined();
    await expect(get(keys, 'team/a')).rejects.toThrow(
      'assumed-role/clerk/named is not authorized to perform: ssm:GetParameter on resource: ' +
        `${parameter('team/a')} because no session policy allows the ssm:GetParameter action`,
    );
    await expect(put(keys, 'other/a')).rejects.toThrow('because no identity-based policy allows');
    await expect(put(keys, 'team/fixed')).rejects.toThrow(
      'with an explicit deny in an identity-based policy',
    );
  });

  test('denies what it denies', async () => {
    const keys = await narrowed(allow('*', '*'), deny('ssm:PutParameter', parameter('team/b')));

    await expect(put(keys, 'team/a')).resolves.toBeDefined();
    await expect(put(keys, 'team/b')).rejects.toThrow('with an explicit deny in a session policy');
  });

  test('also narrows what a resource grants to the role, but not what it grants to the session by name', async () => {
    const elsewhere = policy(allow('ssm:*', '*'));
    const named = await assume(of('desk'), { Policy: elsewhere });
    const other = await assume(of('desk'), { Policy: elsewhere, RoleSessionName: 'other' });
    const whole = await assume(of('desk'));

    await expect(upload(whole, 'role/a')).resolves.toBeDefined();
    await expect(upload(named, 'role/a')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(upload(named, 'session/a')).resolves.toBeDefined();
    await expect(upload(other, 'session/a')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('stays with the session wherever its token goes', async () => {
    const keys = await narrowed(allow('ssm:GetParameter', '*'));
    const forged = { ...keys, sessionToken: (await assume(of('desk'))).sessionToken ?? '' };

    await expect(put(keys, 'team/a')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(put(forged, 'team/a')).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  test.each([
    ['that is no JSON', 'allow everything', 'MalformedPolicyDocument'],
    ['that names a principal', policy({ ...allow('*', '*'), Principal: '*' }), 'MalformedPolicyDocument'],
    ['without resources', policy({ Effect: 'Allow', Action: '*' }), 'MalformedPolicyDocument'],
    ['beyond 2,048 characters', policy(allow('ssm:*', parameter('x'.repeat(2048)))), 'ValidationError'],
  ])('%s is refused', async (_, Policy, code) => {
    await expect(assume(of('desk'), { Policy })).rejects.toMatchObject({
      name: expect.stringContaining(code),
    });
  });

  test.each([
    ['managed session policies', { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }] }],
    ['session tags', { Tags: [{ Key: 'a', Value: 'b' }] }],
  ])('never stands in for %s, which the embedded cloud does not have', async (_, input) => {
    await expect(assume(of('desk'), input)).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});
