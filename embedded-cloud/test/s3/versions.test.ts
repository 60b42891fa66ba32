import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, type S3Cloud, startS3 } from './cloud.ts';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'versioned';

test('every put is a version that stays readable', async () => {
  const client = cloud.client();
  const first = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one' }));
  const second = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'two' }));

  const latest = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  const old = await client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: first.VersionId }));

  expect(first.VersionId).not.toBe(second.VersionId);
  expect(latest.VersionId).toBe(second.VersionId);
  expect(await latest.Body?.transformToString()).toBe('two');
  expect(await old.Body?.transformToString()).toBe('one');
  expect((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
});

test('a delete hides the object behind a marker, and deleting the marker brings it back', async () => {
  const client = cloud.client();
  const { VersionId } = await client.send(
    new PutObjectCommand({ Bucket, Key: 'hidden', Body: 'still here' }),
  );

  const deleted = await client.send(new DeleteObjectCommand({ Bucket, Key: 'hidden' }));

  expect(deleted.DeleteMarker).toBe(true);
  expect(await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'hidden' })))).toEqual({
    code: 'NoSuchKey',
    status: 404,
  });
  const marker = client.send(new GetObjectCommand({ Bucket, Key: 'hidden', VersionId: deleted.VersionId }));
  expect(await refusal(marker)).toEqual({ code: 'MethodNotAllowed', status: 405 });
  const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'hidden' }));
  expect(listed.KeyCount).toBe(0);
  expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'hidden', VersionId }))).ContentLength).toBe(
    10,
  );
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'hidden', VersionId: deleted.VersionId }));
  const back = await client.send(new GetObjectCommand({ Bucket, Key: 'hidden' }));
  expect(await back.Body?.transformToString()).toBe('still here');
});

test('deleting the latest version makes the one before it the latest', async () => {
  const client = cloud.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'undo', Body: 'before' }));
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key: 'undo', Body: 'after' }));

  await client.send(new DeleteObjectCommand({ Bucket, Key: 'undo', VersionId }));

  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'undo' }));
  expect(await got.Body?.transformToString()).toBe('before');
  const gone = client.send(new GetObjectCommand({ Bucket, Key: 'undo', VersionId }));
  expect(await refusal(gone)).toEqual({ code: 'NoSuchVersion', status: 404 });
});

test('versions are listed newest first, in pages', async () => {
  const client = cloud.client();
  const ids: (string | undefined)[] = [];
  for (const Body of ['1', '2', '3']) {
    ids.unshift((await client.send(new PutObjectCommand({ Bucket, Key: 'list/a', Body }))).VersionId);
  }
  const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: 'list/a' }));

  const first = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'list/', MaxKeys: 2 }));
  const second = await client.send(
    new ListObjectVersionsCommand({
      Bucket,
      Prefix: 'list/',
      KeyMarker: first.NextKeyMarker,
      VersionIdMarker: first.NextVersionIdMarker,
    }),
  );

  expect(first.DeleteMarkers).toMatchObject([{ VersionId: marker.VersionId, IsLatest: true }]);
  expect([...(first.Versions ?? []), ...(second.Versions ?? [])].map(({ VersionId }) => VersionId)).toEqual(
    ids,
  );
  expect(second.IsTruncated).toBe(false);
});
