import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { startS3 } from './cloud.ts';

const Bucket = 'events';

test('each change of an object is an event of the shape that EventBridge carries', async () => {
  await using cloud = await startS3();
  const client = cloud.client();

  await client.send(new PutObjectCommand({ Bucket, Key: 'a b/ü', Body: 'hello' }));
  await client.send(
    new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `events/${encodeURIComponent('a b/ü')}` }),
  );
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
  const part = await client.send(
    new UploadPartCommand({ Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: 'part' }),
  );
  await client.send(
    new CompleteMultipartUploadCommand({
      Bucket,
      Key: 'parts',
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.ETag }] },
    }),
  );
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'copy' }));
  await client.send(new PutObjectCommand({ Bucket: 'plain', Key: 'quiet', Body: '' }));

  await eventually(() => expect(cloud.events).toHaveLength(4));
  const details = cloud.events.map(({ Detail }) => JSON.parse(Detail));
  expect(cloud.events[0]).toMatchObject({
    Source: 'aws.s3',
    DetailType: 'Object Created',
    Resources: ['arn:aws:s3:::events'],
  });
  expect(details[0]).toEqual({
    version: '0',
    bucket: { name: 'events' },
    object: {
      key: 'a b/ü',
      size: 5,
      etag: '5d41402abc4b2a76b9719d911017c592',
      sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
    },
    'request-id': expect.any(String),
    requester: '000000000000',
    'source-ip-address': '127.0.0.1',
    reason: 'PutObject',
  });
  expect(details.map(({ reason }) => reason)).toEqual([
    'PutObject',
    'CopyObject',
    'CompleteMultipartUpload',
    'DeleteObject',
  ]);
  expect(cloud.events[3]?.DetailType).toBe('Object Deleted');
  expect(details[3]).toMatchObject({ object: { key: 'copy' }, 'deletion-type': 'Permanently Deleted' });
  expect(details[3].object.size).toBeUndefined();
  const sequencers: string[] = details.map(({ object }) => object.sequencer);
  expect(sequencers.toSorted()).toEqual(sequencers);
});

test('events wait until EventBridge takes them, also across a restart', async () => {
  await using cloud = await startS3({ eventFailures: 2 });
  await cloud.client().send(new PutObjectCommand({ Bucket, Key: 'first', Body: 'x' }));

  await cloud.restart();
  await cloud.client().send(new PutObjectCommand({ Bucket, Key: 'second', Body: 'x' }));

  await eventually(() => {
    const keys = cloud.events.map(({ Detail }) => JSON.parse(Detail).object.key);
    expect(keys).toEqual(['first', 'second']);
  });
});
