import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal, type S3Cloud, startS3 } from './cloud.ts';

let cloud: S3Cloud;

beforeAll(async () => {
  cloud = await startS3();
});

afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'plain';

describe('an object', () => {
  test('any range of it is the slice that HTTP says', async () => {
    const client = cloud.client();
    const bytes = randomBytes(1000);
    await client.send(new PutObjectCommand({ Bucket, Key: 'range', Body: bytes }));
    const slices = fc.oneof(
      fc
        .record({ start: fc.nat(999), length: fc.integer({ min: 1, max: 1200 }) })
        .map(({ start, length }) => ({
          header: `bytes=${start}-${start + length - 1}`,
          slice: bytes.subarray(start, start + length),
        })),
      fc.nat(999).map((start) => ({ header: `bytes=${start}-`, slice: bytes.subarray(start) })),
      fc
        .integer({ min: 1, max: 1500 })
        .map((count) => ({ header: `bytes=-${count}`, slice: bytes.subarray(-count) })),
    );

    await fc.assert(
      fc.asyncProperty(slices, async ({ header, slice }) => {
        const got = await client.send(new GetObjectCommand({ Bucket, Key: 'range', Range: header }));
        const start = slice.byteOffset - bytes.byteOffset;
        expect(got.$metadata.httpStatusCode).toBe(206);
        expect(got.ContentRange).toBe(`bytes ${start}-${start + slice.length - 1}/1000`);
        expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(slice)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('conditional reads answer 304 and 412', async () => {
    const client = cloud.client();
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: 'conditional', Body: 'x' }));
    const get = (conditions: object) =>
      client.send(new GetObjectCommand({ Bucket, Key: 'conditional', ...conditions }));

    expect((await refusal(get({ IfNoneMatch: ETag }))).status).toBe(304);
    expect((await refusal(get({ IfModifiedSince: new Date(Date.now() + 1000) }))).status).toBe(304);
    expect(await refusal(get({ IfMatch: '"other"' }))).toEqual({ code: 'PreconditionFailed', status: 412 });
    expect((await get({ IfMatch: ETag })).$metadata.httpStatusCode).toBe(200);
    expect((await get({ IfNoneMatch: '"other"' })).$metadata.httpStatusCode).toBe(200);
  });

  test('response-* overrides replace headers', async () => {
    const client = cloud.client();
    await client.send(new PutObjectCommand({ Bucket, Key: 'override', Body: 'x', ContentType: 'a/b' }));

    const got = await client.send(
      new GetObjectCommand({
        Bucket,
        Key: 'override',
        ResponseContentType: 'c/d',
        ResponseCacheControl: 'no-store',
      }),
    );

    expect(got).toMatchObject({ ContentType: 'c/d', CacheControl: 'no-store' });
  });

  test('a download goes on to its end while the object is overwritten and deleted', async () => {
    const client = cloud.client();
    const bytes = randomBytes(8_000_000);
    await client.send(new PutObjectCommand({ Bucket, Key: 'moving', Body: bytes }));

    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'moving' }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'moving', Body: 'other' }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'moving' }));

    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
  });
});
