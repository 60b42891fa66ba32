import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal, type S3Cloud, startS3 } from './cloud.ts';

let cloud: S3Cloud;

beforeAll(async () => {
  cloud = await startS3();
});

afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'plain';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

describe('an object', () => {
  test('comes back with its bytes, metadata, ETag and checksum', async () => {
    const client = cloud.client();
    const Body = randomBytes(300_000);

    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'folder/with space + ü/ä.bin',
        Body,
        ContentType: 'application/x-test',
        ContentDisposition: 'attachment; filename="a.bin"',
        CacheControl: 'max-age=60',
        ContentEncoding: 'gzip',
        Metadata: { owner: 'me' },
      }),
    );
    const got = await client.send(
      new GetObjectCommand({ Bucket, Key: 'folder/with space + ü/ä.bin', ChecksumMode: 'ENABLED' }),
    );

    expect(put.ETag).toBe(`"${md5(Body)}"`);
    expect(put.ChecksumCRC32).toBeTypeOf('string');
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
    expect(got).toMatchObject({
      ContentType: 'application/x-test',
      ContentDisposition: 'attachment; filename="a.bin"',
      CacheControl: 'max-age=60',
      ContentEncoding: 'gzip',
      ContentLength: 300_000,
      Metadata: { owner: 'me' },
      ETag: put.ETag,
      ChecksumCRC32: put.ChecksumCRC32,
      ServerSideEncryption: 'AES256',
    });
    expect(got.VersionId).toBeUndefined();
  });

  test('put as a stream arrives decoded, with the checksum of its trailer', async () => {
    const client = cloud.client();
    const bytes = randomBytes(2_500_000);
    const chunks = Array.from({ length: 25 }, (_, index) =>
      bytes.subarray(index * 100_000, (index + 1) * 100_000),
    );

    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'stream',
        Body: Readable.from(chunks),
        ContentLength: bytes.length,
      }),
    );
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'stream' }));

    expect(put.ETag).toBe(`"${md5(bytes)}"`);
    expect(got.ContentEncoding).toBeUndefined();
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
  });

  test('may be empty', async () => {
    const client = cloud.client();

    await client.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: Buffer.alloc(0) }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'empty' }));

    expect(await got.Body?.transformToString()).toBe('');
    expect(got.ContentLength).toBe(0);
    expect(
      await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'empty', Range: 'bytes=0-0' }))),
    ).toEqual({
      code: 'InvalidRange',
      status: 416,
    });
  });

  test('outlives a restart of the cloud', async () => {
    await cloud.client().send(new PutObjectCommand({ Bucket, Key: 'durable', Body: 'here' }));

    await cloud.restart();

    const got = await cloud.client().send(new GetObjectCommand({ Bucket, Key: 'durable' }));
    expect(await got.Body?.transformToString()).toBe('here');
  });

  test('conditional writes: only one of many creators wins, and If-Match needs the ETag', async () => {
    const client = cloud.client();
    const attempts = Array.from({ length: 8 }, (_, index) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'once', Body: String(index), IfNoneMatch: '*' })),
    );

    const results = await Promise.allSettled(attempts);

    const won = results.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason.name).toBe('PreconditionFailed');
    }
    const put = (IfMatch: string) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'new', IfMatch }));
    const { ETag = '' } = await client.send(new HeadObjectCommand({ Bucket, Key: 'once' }));
    expect(await refusal(put('"0"'))).toEqual({ code: 'PreconditionFailed', status: 412 });
    expect((await put(ETag)).ETag).toBe(`"${md5(Buffer.from('new'))}"`);
    const absent = client.send(
      new PutObjectCommand({ Bucket, Key: 'absent', Body: Buffer.alloc(0), IfMatch: ETag }),
    );
    expect(await refusal(absent)).toEqual({ code: 'NoSuchKey', status: 404 });
  });

  test('is copied, with its metadata or new one, but not onto itself unchanged', async () => {
    const client = cloud.client();
    await client.send(
      new PutObjectCommand({ Bucket, Key: 'from é', Body: 'copied', Metadata: { a: '1' }, Tagging: 'k=v' }),
    );
    const CopySource = `/plain/${encodeURIComponent('from é')}`;

    await client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }));
    await client.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'to2',
        CopySource,
        MetadataDirective: 'REPLACE',
        Metadata: { b: '2' },
      }),
    );
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'from é' }));

    const first = await client.send(new GetObjectCommand({ Bucket, Key: 'to' }));
    expect(await first.Body?.transformToString()).toBe('copied');
    expect(first.Metadata).toEqual({ a: '1' });
    expect(first.TagCount).toBe(1);
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'to2' }))).Metadata).toEqual({ b: '2' });
    const itself = client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: 'plain/to' }));
    expect(await refusal(itself)).toEqual({ code: 'InvalidRequest', status: 400 });
  });

  test('is deleted, alone and with others, and deleting nothing succeeds', async () => {
    const client = cloud.client();
    for (const Key of ['d1', 'd2', 'd3 <&>'])
      await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

    const one = await client.send(new DeleteObjectCommand({ Bucket, Key: 'd1' }));
    const many = await client.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: 'd2' }, { Key: 'd3 <&>' }, { Key: 'never' }] },
      }),
    );

    expect(one.$metadata.httpStatusCode).toBe(204);
    expect(many.Deleted?.map(({ Key }) => Key)).toEqual(['d2', 'd3 <&>', 'never']);
    expect(many.Errors).toBeUndefined();
    expect(await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'd3 <&>' })))).toEqual({
      code: 'NoSuchKey',
      status: 404,
    });
    expect((await refusal(client.send(new HeadObjectCommand({ Bucket, Key: 'd1' })))).status).toBe(404);
  });
});

describe('a bucket', () => {
  test('is listed, headed and located', async () => {
    const client = cloud.client();

    const buckets = await client.send(new ListBucketsCommand({}));
    const head = await client.send(new HeadBucketCommand({ Bucket }));
    const location = await client.send(new GetBucketLocationCommand({ Bucket }));

    expect(buckets.Buckets?.map(({ Name }) => Name)).toEqual(
      expect.arrayContaining(['events', 'plain', 'versioned']),
    );
    expect(head.BucketRegion).toBe('us-east-1');
    expect(location.LocationConstraint).toBeUndefined();
  });

  test('that the template does not have is NoSuchBucket', async () => {
    const client = cloud.client();

    const get = client.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'k' }));

    expect(await refusal(get)).toEqual({ code: 'NoSuchBucket', status: 404 });
    expect((await refusal(client.send(new HeadBucketCommand({ Bucket: 'nowhere' })))).status).toBe(404);
  });
});
