import { createHash } from 'node:crypto';
import {
  GetObjectAttributesCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
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
  test('has tags and attributes', async () => {
    const client = cloud.client();
    await client.send(
      new PutObjectCommand({ Bucket, Key: 'tagged', Body: 'abc', ChecksumAlgorithm: 'SHA256' }),
    );

    await client.send(
      new PutObjectTaggingCommand({
        Bucket,
        Key: 'tagged',
        Tagging: { TagSet: [{ Key: 'a', Value: 'b & c' }] },
      }),
    );
    const tags = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }));
    const attributes = await client.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: 'tagged',
        ObjectAttributes: ['ETag', 'Checksum', 'ObjectSize'],
      }),
    );

    expect(tags.TagSet).toEqual([{ Key: 'a', Value: 'b & c' }]);
    expect(attributes).toMatchObject({
      ETag: md5(Buffer.from('abc')),
      ObjectSize: 3,
      Checksum: {
        ChecksumSHA256: createHash('sha256').update('abc').digest('base64'),
        ChecksumType: 'FULL_OBJECT',
      },
    });
    const twice = {
      TagSet: [
        { Key: 'a', Value: '1' },
        { Key: 'a', Value: '2' },
      ],
    };
    const refused = client.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: twice }));
    expect(await refusal(refused)).toEqual({ code: 'InvalidTag', status: 400 });
  });

  test('reports the encryption that was asked for', async () => {
    const client = cloud.client();

    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'kms',
        Body: 'x',
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: 'key-1',
      }),
    );
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'kms' }));

    expect(put).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1' });
    expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1' });
  });
});
