import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal, type S3Cloud, startS3 } from './cloud.ts';

const role = (Statement: unknown[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ],
    },
    Policies: [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement } }],
  },
});
const arn = (path: string) => `arn:aws:s3:::${path}`;

const RESOURCES = {
  Data: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'data' } },
  DataPolicy: {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: { Ref: 'Data' },
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: arn('data/public/*') },
          { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: arn('data/secret/*') },
          // What CDK's enforceSSL makes.
          {
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: [arn('data'), arn('data/*')],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    },
  },
  Reader: role([{ Effect: 'Allow', Action: 's3:GetObject', Resource: arn('data/*') }]),
  Lister: role([
    { Effect: 'Allow', Action: 's3:GetObject', Resource: arn('data/*') },
    {
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: arn('data'),
      Condition: { StringLike: { 's3:prefix': ['mine/*', ''] } },
    },
  ]),
  Writer: role([{ Effect: 'Allow', Action: 's3:PutObject', Resource: arn('data/mine/*') }]),
};

let cloud: S3Cloud;
let reader: S3Client;
let lister: S3Client;
let writer: S3Client;
const Bucket = 'data';
beforeAll(async () => {
  cloud = await startS3({ resources: RESOURCES });
  const as = (logicalId: string) => {
    const { attributes } = cloud.running.resource(logicalId);
    return cloud.client({ credentials: cloud.running.cloud.credentials(String(attributes.Arn)) });
  };
  [reader, lister, writer] = [as('Reader'), as('Lister'), as('Writer')];
  for (const Key of ['mine/a', 'public/a', 'secret/a']) {
    await cloud
      .client()
      .send(new PutObjectCommand({ Bucket, Key, Body: Key }))
      .catch(() => undefined);
  }
});
afterAll(() => cloud[Symbol.asyncDispose]());

const denied = { code: 'AccessDenied', status: 403 };

describe('IAM', () => {
  test('a role may do what its policy grants and nothing else', async () => {
    expect((await reader.send(new GetObjectCommand({ Bucket, Key: 'mine/a' }))).ContentLength).toBe(6);
    expect(await refusal(reader.send(new PutObjectCommand({ Bucket, Key: 'mine/b', Body: '' })))).toEqual(
      denied,
    );
    expect(await refusal(reader.send(new DeleteObjectCommand({ Bucket, Key: 'mine/a' })))).toEqual(denied);
    expect(await refusal(writer.send(new GetObjectCommand({ Bucket, Key: 'mine/a' })))).toEqual(denied);
    expect(await refusal(writer.send(new PutObjectCommand({ Bucket, Key: 'other/a', Body: '' })))).toEqual(
      denied,
    );
    const copy = writer.send(new CopyObjectCommand({ Bucket, Key: 'mine/c', CopySource: 'data/mine/a' }));
    expect(await refusal(copy)).toEqual(denied);
  });

  test('tags need a permission of their own', async () => {
    const put = writer.send(new PutObjectCommand({ Bucket, Key: 'mine/tagged', Body: 'x', Tagging: 'a=b' }));

    expect(await refusal(put)).toEqual(denied);
  });

  test('what is missing is a 404 only for who may list', async () => {
    expect(await refusal(reader.send(new GetObjectCommand({ Bucket, Key: 'missing' })))).toEqual(denied);
    expect((await refusal(reader.send(new HeadObjectCommand({ Bucket, Key: 'missing' })))).status).toBe(403);
    const operator = cloud.client().send(new GetObjectCommand({ Bucket, Key: 'missing' }));
    expect(await refusal(operator)).toEqual({ code: 'NoSuchKey', status: 404 });
  });

  test('a listing is bound to the prefixes of the policy', async () => {
    const allowed = await lister.send(new ListObjectsV2Command({ Bucket, Prefix: 'mine/' }));

    expect(allowed.Contents?.map(({ Key }) => Key)).toEqual(['mine/a']);
    expect(await refusal(lister.send(new ListObjectsV2Command({ Bucket, Prefix: 'other/' })))).toEqual(
      denied,
    );
  });

  test('each key of DeleteObjects is decided by itself', async () => {
    const result = await reader.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'mine/a' }] } }),
    );

    expect(result.Deleted).toBeUndefined();
    expect(result.Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([['mine/a', 'AccessDenied']]);
  });
});

describe('a bucket policy', () => {
  test('opens a prefix to anyone', async () => {
    const open = await fetch(`${cloud.running.endpoint}/data/public/a`);
    const closed = await fetch(`${cloud.running.endpoint}/data/mine/a`);

    expect(await open.text()).toBe('public/a');
    expect(closed.status).toBe(403);
    await closed.text();
  });

  test('denies even what a role is granted', async () => {
    expect(await refusal(reader.send(new GetObjectCommand({ Bucket, Key: 'secret/a' })))).toEqual(denied);
  });
});
