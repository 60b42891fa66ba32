import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeIn, refusal, type S3Cloud, startS3 } from './cloud.ts';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'plain';
const BYTES = Buffer.from('exactly these bytes');
const SHA256 = createHash('sha256').update(BYTES).digest('base64');

/** An upload bound to type, length and digest, as the control plane makes it. */
async function presign(
  Key: string,
  expiresIn = 300,
): Promise<{ url: string; headers: Record<string, string> }> {
  const client = cloud.client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  const url = await getSignedUrl(
    client,
    new PutObjectCommand({
      Bucket,
      Key,
      ContentType: 'application/gzip',
      ContentLength: BYTES.length,
      ChecksumSHA256: SHA256,
    }),
    {
      expiresIn,
      unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
      signableHeaders: new Set(['host', 'content-type', 'content-length']),
    },
  );
  return { url, headers: { 'content-type': 'application/gzip', 'x-amz-checksum-sha256': SHA256 } };
}

async function put(url: string, headers: Record<string, string>, body: Buffer) {
  const response = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(body) });
  return { status: response.status, code: codeIn(await response.text()) };
}

async function stored(Key: string): Promise<boolean> {
  const head = cloud.client().send(new HeadObjectCommand({ Bucket, Key }));
  return head.then(
    () => true,
    async () => {
      expect((await refusal(head)).status).toBe(404);
      return false;
    },
  );
}

test('an upload as it was signed is taken', async () => {
  const { url, headers } = await presign('good');

  expect(await put(url, headers, BYTES)).toEqual({ status: 200, code: undefined });

  const head = await cloud
    .client()
    .send(new HeadObjectCommand({ Bucket, Key: 'good', ChecksumMode: 'ENABLED' }));
  expect(head).toMatchObject({
    ContentType: 'application/gzip',
    ContentLength: BYTES.length,
    ChecksumSHA256: SHA256,
  });
});

test('other bytes of the same length are refused', async () => {
  const { url, headers } = await presign('tampered-bytes');
  const other = Buffer.from(BYTES);
  other[0] = 0;

  expect(await put(url, headers, other)).toEqual({ status: 400, code: 'BadDigest' });
  expect(await stored('tampered-bytes')).toBe(false);
});

test('another checksum than the signed one, or none, is refused', async () => {
  const { url, headers } = await presign('wrong-checksum');
  const other = createHash('sha256').update('other').digest('base64');

  const wrong = await put(url, { ...headers, 'x-amz-checksum-sha256': other }, BYTES);
  const { 'x-amz-checksum-sha256': _, ...without } = headers;
  const none = await put(url, without, BYTES);

  expect(wrong).toEqual({ status: 403, code: 'SignatureDoesNotMatch' });
  expect(none.status).toBe(403);
  expect(await stored('wrong-checksum')).toBe(false);
});

test('more or fewer bytes than signed are refused', async () => {
  const { url, headers } = await presign('wrong-length');

  const oversize = await put(url, headers, Buffer.concat([BYTES, BYTES]));
  const undersize = await put(url, headers, BYTES.subarray(1));

  expect(oversize).toEqual({ status: 403, code: 'SignatureDoesNotMatch' });
  expect(undersize).toEqual({ status: 403, code: 'SignatureDoesNotMatch' });
  expect(await stored('wrong-length')).toBe(false);
});

test('a much too large body gets the refusal, not a broken connection', async () => {
  const { url, headers } = await presign('huge');

  expect(await put(url, headers, Buffer.alloc(20 * 1024 * 1024))).toEqual({
    status: 403,
    code: 'SignatureDoesNotMatch',
  });
});

test('another content type is refused', async () => {
  const { url, headers } = await presign('wrong-type');

  expect(await put(url, { ...headers, 'content-type': 'text/html' }, BYTES)).toEqual({
    status: 403,
    code: 'SignatureDoesNotMatch',
  });
  expect(await stored('wrong-type')).toBe(false);
});

test('an expired URL is refused', async () => {
  const { url, headers } = await presign('expired', 60);
  cloud.setTime(Date.now() + 61_000);

  const late = await put(url, headers, BYTES);
  cloud.setTime(undefined);

  expect(late).toEqual({ status: 403, code: 'AccessDenied' });
  expect(await stored('expired')).toBe(false);
});

test('a URL for another key, or with a changed signature, is refused', async () => {
  const { url, headers } = await presign('mine');

  const otherKey = await put(url.replace('/plain/mine', '/plain/yours'), headers, BYTES);
  const otherLife = await put(url.replace('X-Amz-Expires=300', 'X-Amz-Expires=3000'), headers, BYTES);

  expect(otherKey).toEqual({ status: 403, code: 'SignatureDoesNotMatch' });
  expect(otherLife).toEqual({ status: 403, code: 'SignatureDoesNotMatch' });
  expect(await stored('yours')).toBe(false);
});

test('a header that was not signed cannot be slipped in', async () => {
  const { url, headers } = await presign('slipped');

  expect((await put(url, { ...headers, 'x-amz-acl': 'public-read' }, BYTES)).status).toBe(403);
  expect(await stored('slipped')).toBe(false);
});

test('the SDK default, a CRC32 of an empty body in the URL, is refused as on S3', async () => {
  const url = await getSignedUrl(cloud.client(), new PutObjectCommand({ Bucket, Key: 'trap' }));

  expect(url).toContain('x-amz-checksum-crc32=AAAAAA%3D%3D');
  expect(await put(url, {}, BYTES)).toEqual({ status: 400, code: 'BadDigest' });
});

test('a presigned download gives the bytes, with the name that the URL asks for', async () => {
  const client = cloud.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'download', Body: BYTES }));
  const url = await getSignedUrl(
    client,
    new GetObjectCommand({
      Bucket,
      Key: 'download',
      ResponseContentDisposition: 'attachment; filename="b.tgz"',
    }),
  );

  const response = await fetch(url, { headers: { range: 'bytes=0-6' } });

  expect(response.status).toBe(206);
  expect(await response.text()).toBe('exactly');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="b.tgz"');
});
