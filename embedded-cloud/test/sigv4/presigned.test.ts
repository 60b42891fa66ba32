import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../gateway/harness.ts';

describe('a presigned URL', () => {
  let harness: Harness;
  let s3: S3Client;

  beforeEach(async () => {
    harness = await startHarness();
    s3 = new S3Client({
      ...harness.as('reader'),
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
  });
  afterEach(() => harness[Symbol.asyncDispose]());

  const get = (expiresIn = 60) =>
    getSignedUrl(s3, new GetObjectCommand({ Bucket: 'b', Key: 'a b/ü' }), { expiresIn });
  const put = () =>
    getSignedUrl(
      s3,
      new PutObjectCommand({ Bucket: 'b', Key: 'k', ContentType: 'text/plain', ContentLength: 3 }),
      {
        signableHeaders: new Set(['host', 'content-type', 'content-length']),
      },
    );
  const code = async (response: Response) => [
    response.status,
    /<Code>(.*)<\/Code>/.exec(await response.text())?.[1],
  ];

  it('lets anyone read who has it, as the role that signed it', async () => {
    const response = await fetch(await get());
    expect(await response.text()).toBe('content');
    expect(harness.calls[0]?.principal.arn).toBe(harness.roleArn);
  });

  it('binds the headers that it signs', async () => {
    const url = await put();
    const send = (type: string, body: string) =>
      fetch(url, { method: 'PUT', body, headers: { 'content-type': type } });
    expect((await send('text/plain', 'abc')).status).toBe(200);
    expect(await code(await send('text/html', 'abc'))).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await code(await send('text/plain', 'abcd'))).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('ends when it says, to the second', async () => {
    const url = await get(60);
    harness.advance(58_000);
    expect((await fetch(url)).status).toBe(200);
    harness.advance(4_000);
    const response = await fetch(url);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Message>Request has expired</Message>');
  });

  it('does not hold for another key, method, parameter or lifetime', async () => {
    const url = await get();
    const changes = [
      [url.replace('/b/', '/c/'), 'GET'],
      [url, 'DELETE'],
      [`${url}&response-content-type=text/html`, 'GET'],
      [url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'), 'GET'],
      [url.replace(/X-Amz-Signature=./, 'X-Amz-Signature=g'), 'GET'],
    ] as const;
    for (const [changed, method] of changes) {
      expect(await code(await fetch(changed, { method }))).toEqual([403, 'SignatureDoesNotMatch']);
    }
    expect(harness.stored).toEqual([]);
  });

  it('is refused with a lifetime of more than a week, or incomplete', async () => {
    const url = await get();
    const long = url.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801');
    expect(await code(await fetch(long))).toEqual([400, 'AuthorizationQueryParametersError']);
    const bare = url.replace(/X-Amz-Date=[^&]*&/, '');
    expect(await code(await fetch(bare))).toEqual([400, 'AuthorizationQueryParametersError']);
  });

  it('is refused with x-amz headers that it did not sign', async () => {
    const response = await fetch(await get(), { headers: { 'x-amz-acl': 'public-read' } });
    expect(await code(response)).toEqual([403, 'AccessDenied']);
  });

  it('can be checked by the service itself: a key is found with its session token, and not without', () => {
    const { accessKeyId, sessionToken, secretAccessKey } = harness.cloud.credentials(harness.roleArn);
    expect(harness.cloud.accessKey?.(accessKeyId, sessionToken)?.secretAccessKey).toBe(secretAccessKey);
    expect(harness.cloud.accessKey?.(accessKeyId)).toBeUndefined();
  });
});
