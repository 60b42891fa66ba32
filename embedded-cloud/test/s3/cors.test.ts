import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeIn, type S3Cloud, startS3 } from './cloud.ts';

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
