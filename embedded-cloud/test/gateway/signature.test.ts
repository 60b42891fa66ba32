import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
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

describe('a signature', () => {
  const client = (change: Record<string, unknown>) => {
    const settings = harness.as('reader');
    return new SSMClient({ ...settings, credentials: { ...settings.credentials, ...change } });
  };

  it('with the wrong secret is refused', async () => {
    await expect(client({ secretAccessKey: 'x'.repeat(40) }).send(read('a'))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });

  it('with an unknown key, or without its session token, is refused', async () => {
    for (const change of [
      { accessKeyId: 'ASIAUNKNOWN' },
      { sessionToken: undefined },
      { sessionToken: 'a.b' },
    ]) {
      await expect(client(change).send(read('a'))).rejects.toMatchObject({
        name: 'UnrecognizedClientException',
      });
    }
  });

  it('for another region is refused', async () => {
    const elsewhere = new SSMClient({ ...harness.as('reader'), region: 'eu-west-1' });
    await expect(elsewhere.send(read('a'))).rejects.toMatchObject({ message: /expecting 'us-east-1'/ });
  });

  it('of a clock that is wrong by more than 15 minutes is refused', async () => {
    await using other = await startHarness();
    other.advance(14 * 60_000);
    await new SSMClient(other.as('reader')).send(read('a'));
    other.advance(2 * 60_000);
    await expect(new SSMClient(other.as('reader')).send(read('a'))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    const s3 = new S3Client(other.as('reader')).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
    await expect(s3).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
  });

  it('does not hold for a body that was changed on the way', async () => {
    const tampering = new SSMClient(harness.as('reader'));
    sendInstead(tampering.config.requestHandler, '{"Name":"b"}');
    await expect(tampering.send(read('a'))).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });

  it('is required: without one a JSON service answers MissingAuthenticationTokenException', async () => {
    const response = await fetch(harness.running.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSSM.GetParameter', 'content-type': 'application/x-amz-json-1.1' },
      body: '{"Name":"a"}',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });

  it('covers a path with characters that are encoded twice', async () => {
    const lambda = new LambdaClient(harness.as('reader'));
    const { Configuration } = await lambda.send(
      new GetFunctionCommand({ FunctionName: 'a b:ü*', Qualifier: "1!'()" }),
    );
    expect(Configuration?.Description).toBe('/2015-03-31/functions/a%20b%3A%C3%BC%2A');
  });
});
