/**
 * Runs an S3 of its own on the folder given and puts objects until it is killed: overwrites of a few keys, copies, and
 * multipart uploads. Each is written to standard output when it was acknowledged, never before.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { startCloud } from '../../src/cloud.ts';
import { s3 } from '../../src/s3/index.ts';

const [assembly = '', stateDir = ''] = process.argv.slice(2);
const running = await startCloud({ assembly, stateDir, services: [s3], log: () => undefined });
const client = new S3Client({
  region: 'us-east-1',
  endpoint: running.endpoint,
  forcePathStyle: true,
  credentials: running.operator,
});
const Bucket = 'plain';

function report(kind: 'sent' | 'acknowledged', Key: string, round: number, Body: Buffer): void {
  const sha256 = createHash('sha256').update(Body).digest('hex');
  process.stdout.write(`${JSON.stringify({ kind, key: Key, round, sha256 })}\n`);
}

async function overwrite(Key: string): Promise<never> {
  for (let round = 0; ; round++) {
    const Body = randomBytes(1 + Math.floor(Math.random() * 200_000));
    report('sent', Key, round, Body);
    await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    report('acknowledged', Key, round, Body);
  }
}

async function inParts(Key: string): Promise<never> {
  for (let round = 0; ; round++) {
    const Body = randomBytes(100_000);
    report('sent', Key, round, Body);
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    report('acknowledged', Key, round, Body);
  }
}

await Promise.all([overwrite('a'), overwrite('b'), overwrite('c'), inParts('parts')]);
