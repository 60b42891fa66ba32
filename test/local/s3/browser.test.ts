import { createHmac } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeIn, refusal, type S3Cloud, startS3 } from './cloud.ts';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3({
    resources: {
      Web: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          BucketName: 'web',
          CorsConfiguration: {
            CorsRules: [
              {
                AllowedOrigins: ['https://*.example.com'],
                AllowedMethods: ['GET', 'PUT'],
                AllowedHeaders: ['content-*'],
                ExposedHeaders: ['ETag'],
                MaxAge: 300,
              },
            ],
          },
        },
      },
      Quiet: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'quiet' } },
    },
  });
});
afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'web';

describe('CORS', () => {
  const preflight = (bucket: string, origin: string, method: string, headers = '') =>
    fetch(`${cloud.running.endpoint}/${bucket}/key`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        ...(headers === '' ? {} : { 'access-control-request-headers': headers }),
      },
    });

  test('a preflight that a rule admits is answered by that rule', async () => {
    const response = await preflight('web', 'https://app.example.com', 'PUT', 'Content-Type, content-md5');

    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'content-type, content-md5',
      'access-control-max-age': '300',
      'access-control-expose-headers': 'ETag',
    });
    await response.text();
  });

  test.each([
    ['another origin', 'web', 'https://example.org', 'PUT', ''],
    ['another method', 'web', 'https://app.example.com', 'DELETE', ''],
    ['another header', 'web', 'https://app.example.com', 'PUT', 'x-other'],
    ['a bucket without rules', 'quiet', 'https://app.example.com', 'GET', ''],
  ])('a preflight of %s is refused', async (_, bucket, origin, method, headers) => {
    const response = await preflight(bucket, origin, method, headers);

    expect(response.status).toBe(403);
    expect(codeIn(await response.text())).toBe('AccessForbidden');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('answers and errors to an admitted origin can be read by the page', async () => {
    const client = cloud.client();
    await client.send(new PutObjectCommand({ Bucket, Key: 'page', Body: 'x' }));
    const headers = { origin: 'https://app.example.com' };

    const good = await fetch(await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'page' })), {
      headers,
    });
    const bad = await fetch(await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'none' })), {
      headers,
    });

    expect(good.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(bad.status).toBe(404);
    expect(bad.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    await Promise.all([good.text(), bad.text()]);
  });
});

describe('a form upload', () => {
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

  /** The fields of a form as a server would make them. */
  function signedFields(conditions: unknown[], fields: Record<string, string>, expiresIn = 60_000) {
    const { accessKeyId, secretAccessKey } = cloud.running.operator;
    const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const date = amzDate.slice(0, 8);
    const signing = {
      'x-amz-algorithm': 'AWS4-HMAC-SHA256',
      'x-amz-credential': `${accessKeyId}/${date}/us-east-1/s3/aws4_request`,
      'x-amz-date': amzDate,
    };
    const document = {
      expiration: new Date(Date.now() + expiresIn).toISOString(),
      conditions: [...conditions, ...Object.entries(signing).map(([name, value]) => ({ [name]: value }))],
    };
    const policy = Buffer.from(JSON.stringify(document)).toString('base64');
    const key = ['us-east-1', 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${secretAccessKey}`, date));
    return { ...fields, ...signing, policy, 'x-amz-signature': hmac(key, policy).toString('hex') };
  }

  async function post(fields: Record<string, string>, file: string) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([file], { type: 'text/plain' }), 'photo.txt');
    const response = await fetch(`${cloud.running.endpoint}/web`, {
      method: 'POST',
      body: form,
      redirect: 'manual',
    });
    return {
      status: response.status,
      code: codeIn(await response.text()),
      location: response.headers.get('location'),
    };
  }

  const conditions = [{ bucket: 'web' }, ['starts-with', '$key', 'user/'], ['content-length-range', 1, 10]];

  test('that its policy admits is stored under its key', async () => {
    const fields = signedFields([...conditions, { 'x-amz-meta-a': 'b' }, { 'Content-Type': 'text/plain' }], {
      key: `user/$\{filename}`,
      'x-amz-meta-a': 'b',
      'Content-Type': 'text/plain',
    });

    const stored = await post(fields, 'contents');

    expect(stored.status).toBe(204);
    const got = await cloud.client().send(new GetObjectCommand({ Bucket, Key: 'user/photo.txt' }));
    expect(await got.Body?.transformToString()).toBe('contents');
    expect(got).toMatchObject({ Metadata: { a: 'b' }, ContentType: 'text/plain' });
  });

  test('answers as the form wishes', async () => {
    const created = signedFields([...conditions, { success_action_status: '201' }], {
      key: 'user/c',
      success_action_status: '201',
    });
    const target = 'https://example.com/done';
    const moved = signedFields([...conditions, { success_action_redirect: target }], {
      key: 'user/d',
      success_action_redirect: target,
    });

    expect((await post(created, 'x')).status).toBe(201);
    expect(await post(moved, 'x')).toMatchObject({
      status: 303,
      location: expect.stringMatching(/^https:\/\/example.com\/done\?bucket=web&key=user%2Fd&etag=/),
    });
  });

  test.each([
    ['a key that the policy does not admit', { key: 'other/k' }, 'x', 'AccessDenied'],
    ['a field that the policy does not name', { key: 'user/k', acl: 'public-read' }, 'x', 'AccessDenied'],
    ['too large a file', { key: 'user/k' }, 'more than ten', 'EntityTooLarge'],
    ['too small a file', { key: 'user/k' }, '', 'EntityTooSmall'],
  ])('with %s is refused', async (_, fields, file, code) => {
    expect((await post(signedFields(conditions, fields), file)).code).toBe(code);
    const head = cloud.client().send(new HeadObjectCommand({ Bucket, Key: fields.key }));
    expect((await refusal(head)).status).toBe(404);
  });

  test('with an expired, changed or missing policy is refused', async () => {
    const expired = signedFields(conditions, { key: 'user/k' }, -1);
    const good = signedFields(conditions, { key: 'user/k' });
    const policy = Buffer.from(good.policy, 'base64').toString().replace('user/', '');

    expect((await post(expired, 'x')).code).toBe('AccessDenied');
    expect((await post({ ...good, policy: Buffer.from(policy).toString('base64') }, 'x')).code).toBe(
      'SignatureDoesNotMatch',
    );
    expect((await post({ key: 'user/k' }, 'x')).code).toBe('AccessDenied');
  });
});
