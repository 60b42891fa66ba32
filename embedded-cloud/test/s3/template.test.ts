import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { fromBuffer } from 'yauzl';
import { startCloud } from '../../src/cloud.ts';
import { s3 } from '../../src/s3/index.ts';
import { writeAssembly } from '../../test-kit/assembly.ts';
import { eventually } from '../../test-kit/patience.ts';
import { BUCKETS, refusal, startS3 } from './cloud.ts';

const DAY = 24 * 60 * 60 * 1000;

test('a bucket has the Ref and attributes of CloudFormation', async () => {
  await using cloud = await startS3({
    resources: { ...BUCKETS, Nameless: { Type: 'AWS::S3::Bucket' } },
  });

  expect(cloud.running.resource('Plain')).toMatchObject({
    ref: 'plain',
    attributes: {
      Arn: 'arn:aws:s3:::plain',
      DomainName: 'plain.s3.amazonaws.com',
      RegionalDomainName: 'plain.s3.us-east-1.amazonaws.com',
      WebsiteURL: 'http://plain.s3-website-us-east-1.amazonaws.com',
    },
  });
  expect(cloud.running.resource('Nameless').ref).toMatch(/^[a-z0-9][a-z0-9-]{2,62}$/);
});

test('lifecycle rules remove what they say, at midnight UTC after the days', async () => {
  const Rules = [
    { Status: 'Enabled', Prefix: 'tmp/', ExpirationInDays: 2 },
    { Status: 'Disabled', ExpirationInDays: 1 },
    { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    {
      Status: 'Enabled',
      NoncurrentVersionExpiration: { NoncurrentDays: 3 },
      ExpiredObjectDeleteMarker: true,
    },
  ];
  const properties = { LifecycleConfiguration: { Rules } };
  await using cloud = await startS3({
    resources: {
      Rules: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'rules', ...properties } },
      Old: {
        Type: 'AWS::S3::Bucket',
        Properties: { BucketName: 'old', VersioningConfiguration: { Status: 'Enabled' }, ...properties },
      },
    },
  });
  const client = cloud.client();
  await client.send(new PutObjectCommand({ Bucket: 'rules', Key: 'tmp/a', Body: 'x' }));
  await client.send(new PutObjectCommand({ Bucket: 'rules', Key: 'keep', Body: 'x' }));
  await client.send(new CreateMultipartUploadCommand({ Bucket: 'rules', Key: 'unfinished' }));
  await client.send(new PutObjectCommand({ Bucket: 'old', Key: 'replaced', Body: '1' }));
  await client.send(new PutObjectCommand({ Bucket: 'old', Key: 'replaced', Body: '2' }));
  await client.send(new PutObjectCommand({ Bucket: 'old', Key: 'deleted', Body: 'x' }));
  await client.send(new DeleteObjectCommand({ Bucket: 'old', Key: 'deleted' }));

  cloud.setTime(Date.now() + 5 * DAY);
  await cloud.restart();

  // A client corrects its clock by the Date of an answer, which is not that of the cloud: one a request.
  const later = () => cloud.client({ systemClockOffset: 5 * DAY });
  await eventually(async () => {
    expect(
      (await refusal(later().send(new HeadObjectCommand({ Bucket: 'rules', Key: 'tmp/a' })))).status,
    ).toBe(404);
    const { Versions, DeleteMarkers } = await later().send(new ListObjectVersionsCommand({ Bucket: 'old' }));
    expect(Versions?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([['replaced', true]]);
    expect(DeleteMarkers).toBeUndefined();
  });
  expect((await later().send(new HeadObjectCommand({ Bucket: 'rules', Key: 'keep' }))).ContentLength).toBe(1);
  expect((await later().send(new ListMultipartUploadsCommand({ Bucket: 'rules' }))).Uploads).toBeUndefined();
});

test("CDK's assets are served from the assembly, folders as the same zip every time", async () => {
  using folder = writeAssembly({ Test: { Resources: BUCKETS } });
  const Bucket = 'cdk-hnb659fds-assets-000000000000-us-east-1';
  writeAsset(folder.assembly, 'asset.code/index.mjs', 'export {};');
  writeAsset(folder.assembly, 'asset.code/lib/a.mjs', 'export const a = 1;');
  writeAsset(folder.assembly, 'asset.file.txt', 'as it is');
  writeAssetManifest(folder.assembly, Bucket);
  const start = () =>
    startCloud({
      assembly: folder.assembly,
      stateDir: folder.stateDir,
      services: [s3],
      log: () => undefined,
    });
  const read = async (Key: string) => {
    const running = await start();
    const client = new S3Client({
      region: 'us-east-1',
      endpoint: running.endpoint,
      forcePathStyle: true,
      credentials: running.operator,
    });
    try {
      const got = await client.send(new GetObjectCommand({ Bucket, Key }));
      const refused = await refusal(client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })));
      return { bytes: Buffer.from((await got.Body?.transformToByteArray()) ?? []), got, refused };
    } finally {
      client.destroy();
      await running.stop();
    }
  };

  const first = await read('code.zip');
  const second = await read('code.zip');
  const file = await read('file.txt');

  expect(await zipEntries(first.bytes)).toEqual(['index.mjs', 'lib/a.mjs']);
  expect(second.bytes.equals(first.bytes)).toBe(true);
  expect(first.got.ETag).toBe(`"${createHash('md5').update(first.bytes).digest('hex')}"`);
  expect(file.bytes.toString()).toBe('as it is');
  expect(first.refused).toEqual({ code: 'AccessDenied', status: 403 });
});

function writeAsset(assembly: string, path: string, text: string): void {
  mkdirSync(dirname(join(assembly, path)), { recursive: true });
  writeFileSync(join(assembly, path), text);
}

function writeAssetManifest(assembly: string, bucketName: string): void {
  const destinations = (objectKey: string) => ({ here: { bucketName, objectKey } });
  const files = {
    code: { source: { path: 'asset.code', packaging: 'zip' }, destinations: destinations('code.zip') },
    file: { source: { path: 'asset.file.txt', packaging: 'file' }, destinations: destinations('file.txt') },
  };
  writeFileSync(join(assembly, 'Test.assets.json'), JSON.stringify({ version: '36.0.0', files }));
  const manifest = {
    artifacts: {
      Test: {
        type: 'aws:cloudformation:stack',
        dependencies: ['Test.assets'],
        properties: { templateFile: 'Test.template.json', stackName: 'Test' },
      },
      'Test.assets': { type: 'cdk:asset-manifest', properties: { file: 'Test.assets.json' } },
    },
  };
  writeFileSync(join(assembly, 'manifest.json'), JSON.stringify(manifest));
}

function zipEntries(bytes: Buffer): Promise<string[]> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: false }, (error, zip) => {
      if (error) return reject(error);
      const names: string[] = [];
      zip.on('entry', ({ fileName }) => names.push(fileName));
      zip.on('end', () => resolve(names));
      zip.on('error', reject);
    });
  });
}
