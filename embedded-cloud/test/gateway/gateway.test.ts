import { once } from 'node:events';
import { connect } from 'node:net';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from './harness.ts';
import { read, sendInstead } from './send-instead.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
});

beforeEach(() => {
  harness.calls.length = 0;
  harness.stored.length = 0;
});

afterAll(() => harness[Symbol.asyncDispose]());

describe('a call of a JSON service', () => {
  it('reaches its action as the role whose key signed it', async () => {
    const { Parameter } = await new SSMClient(harness.as('reader')).send(read('a'));
    expect(Parameter?.Value).toBe(harness.roleArn);
    expect(harness.calls).toMatchObject([
      { service: 'ssm', action: 'ssm:GetParameter', resource: 'arn:aws:ssm:::parameter/a', allowed: true },
    ]);
  });

  it('that no policy allows is denied in the words of AWS', async () => {
    const put = new SSMClient(harness.as('reader')).send(new PutParameterCommand({ Name: 'x', Value: '1' }));
    await expect(put).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::000000000000:assumed-role/reader/reader is not authorized to perform: ssm:PutParameter on resource: arn:aws:ssm:::parameter/x because no identity-based policy allows the ssm:PutParameter action',
    });
    expect(harness.calls.map(({ allowed }) => allowed)).toEqual([false]);
  });

  it('is allowed everything for the operator', async () => {
    const answer = await new SSMClient(harness.as('operator')).send(
      new PutParameterCommand({ Name: 'x', Value: '1' }),
    );
    expect(answer.Version).toBe(1);
  });

  it('that the service does not have is answered by its name', async () => {
    const sent = new SSMClient(harness.as('operator')).send(new DeleteParameterCommand({ Name: 'x' }));
    await expect(sent).rejects.toMatchObject({ name: 'NotImplemented', message: /ssm:DeleteParameter/ });
  });

  it('passes the errors of the service on, and hides a bug behind InternalFailure with a line in the log', async () => {
    const client = new SSMClient(harness.as('operator'));
    await expect(client.send(read('gone'))).rejects.toMatchObject({ name: 'ParameterNotFound' });
    await expect(client.send(read('bug'))).rejects.toMatchObject({
      name: 'InternalFailure',
      message: expect.not.stringContaining('secret'),
      $metadata: { httpStatusCode: 500 },
    });
    expect(harness.log.join('\n')).toContain('a secret detail');
  });
});

describe('S3 requests', () => {
  it('arrive with their body, under any key', async () => {
    const s3 = new S3Client({ ...harness.as('reader'), forcePathStyle: true });
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key: "a/ü //!'()*+=&", Body: 'abc' }));
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'large', Body: Buffer.alloc(5_000_000) }));
    expect(harness.stored).toEqual([
      'PUT /b/a/%C3%BC%20//%21%27%28%29%2A%2B%3D%26 3',
      'PUT /b/large 5000000',
    ]);
  });

  it('fail when the body is not the one whose hash was signed', async () => {
    const s3 = new S3Client({ ...harness.as('reader'), forcePathStyle: true });
    sendInstead(s3.config.requestHandler, Buffer.from('abd'));
    const put = s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: Buffer.from('abc') }));
    await expect(put).rejects.toMatchObject({ name: 'XAmzContentSHA256Mismatch' });
    expect(harness.stored).toEqual([]);
  });

  it('without a signature are for the bucket policy to decide', async () => {
    const open = await fetch(`${harness.running.endpoint}/public/key`);
    expect(await open.text()).toBe('content');
    const closed = await fetch(`${harness.running.endpoint}/private/key`);
    expect(closed.status).toBe(403);
    expect(await closed.text()).toContain('<Code>AccessDenied</Code>');
  });

  it('that are refused get their answer, and not a reset, however much they carry', async () => {
    const s3 = new S3Client({ ...harness.as('reader'), forcePathStyle: true });
    const put = s3.send(
      new PutObjectCommand({ Bucket: 'refused', Key: 'k', Body: Buffer.alloc(20_000_000) }),
    );
    await expect(put).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    const forged = new S3Client({
      ...harness.as('reader'),
      forcePathStyle: true,
      credentials: { ...harness.as('reader').credentials, secretAccessKey: 'wrong' },
    });
    const put2 = forged.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: Buffer.alloc(20_000_000) }));
    await expect(put2).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    expect(harness.stored).toEqual([]);
  });
});

describe('STS', () => {
  it('says who calls', async () => {
    const identity = await new STSClient(harness.as('reader')).send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:sts::000000000000:assumed-role/reader/reader',
    });
  });

  it('gives a role only to those whom its trust policy admits', async () => {
    const assume = new AssumeRoleCommand({ RoleArn: harness.roleArn, RoleSessionName: 'mine' });
    await expect(new STSClient(harness.as('operator')).send(assume)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    expect(harness.cloud.role(harness.roleArn, 'lambda.amazonaws.com').arn).toBe(harness.roleArn);
    expect(() => harness.cloud.role(harness.roleArn, 'states.amazonaws.com')).toThrow('trust policy');
  });
});

describe('the credentials of an assumed role', () => {
  it('act as a session of the role, and end when they say', async () => {
    await using other = await startHarness();
    const RoleArn = String(other.running.resource('Visitor').attributes.Arn);
    const assume = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'mine', DurationSeconds: 900 });
    const { Credentials } = await new STSClient(other.as('operator')).send(assume);
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const identity = () =>
      new STSClient({ ...other.as('operator'), credentials }).send(new GetCallerIdentityCommand({}));
    expect((await identity()).Arn).toBe('arn:aws:sts::000000000000:assumed-role/visitor/mine');
    other.advance(14 * 60_000);
    await identity();
    await expect(new STSClient({ ...other.as('reader') }).send(assume)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    // The clock of the client would be 16 minutes behind, so it signs with the cloud's.
    other.advance(2 * 60_000);
    const late = new STSClient({ ...other.as('operator'), credentials, systemClockOffset: 16 * 60_000 });
    await expect(late.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'ExpiredToken' });
  });
});

describe('a client that goes away', () => {
  it('in the middle of its body leaves no trace in the log, and the gateway goes on', async () => {
    const { hostname, port } = new URL(harness.running.endpoint);
    const before = harness.log.length;
    const socket = connect(Number(port), hostname);
    socket.write('PUT /public/key HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf', () =>
      socket.destroy(),
    );
    await once(socket, 'close');
    await new SSMClient(harness.as('reader')).send(read('a'));
    expect(harness.stored).toEqual([]);
    expect(harness.log.slice(before)).toEqual([]);
  });
});

describe('calls inside the cloud', () => {
  it('are authorised like those over the wire', async () => {
    const role = harness.cloud.role(harness.roleArn);
    expect(await harness.cloud.call(role, 'ssm', 'GetParameter', { Name: 'a' })).toMatchObject({
      Parameter: { Name: 'a' },
    });
    await expect(harness.cloud.call(role, 'ssm', 'PutParameter', {})).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
    await expect(harness.cloud.call(role, 'sqs', 'SendMessage', {})).rejects.toMatchObject({
      code: 'NotImplemented',
    });
  });
});

it('the permissions report names what the template grants and nobody has needed', async () => {
  await new SSMClient(harness.as('reader')).send(read('a'));
  const { granted, unused } = harness.running.permissionsReport();
  expect(granted).toHaveLength(4);
  expect(unused.map(({ action }) => action)).toContain('ssm:Unused');
  expect(unused.map(({ action }) => action)).not.toContain('ssm:GetParameter');
});
