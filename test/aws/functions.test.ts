/** The deploy target `lambda` with the real SDK, over HTTP, against the embedded cloud. */
import { createHash } from 'node:crypto';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { zip } from 'embedded-cloud/test-kit/zip.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lambdaFunctions } from '../../lib/aws/functions/index.ts';
import type { TargetAdapter } from '../../lib/domain/ports/targets.ts';
import { LambdaTarget } from '../../lib/domain/target/lambda.ts';
import { functionsContract } from '../domain/ports/functions.contract.ts';
import { releaseTo } from '../domain/ports/target.contract.ts';
import { BUCKET, type SmallCloud, startSmallCloud } from './cloud.ts';

let cloud: SmallCloud;
const clients: { destroy(): void }[] = [];

beforeAll(async () => {
  cloud = await startSmallCloud();
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await cloud[Symbol.asyncDispose]();
});

function keep<Client extends { destroy(): void }>(client: Client): Client {
  clients.push(client);
  return client;
}

describe('functions on Lambda', () => {
  const cloudWatch = (sdk: typeof CloudWatchClient) => keep(new sdk(cloud.config));
  let adapter: TargetAdapter<LambdaTarget>;
  let storage: S3Client;
  beforeAll(() => {
    storage = keep(new S3Client({ ...cloud.config, forcePathStyle: true }));
    adapter = lambdaFunctions(keep(new LambdaClient(cloud.config)), {
      bucket: BUCKET,
      roleArn: cloud.running.outputs.Role ?? '',
      names: '*',
      cloudWatch,
    });
  });

  test('one that is not there, of a name that Staithe may not create, is refused with both ways out', async () => {
    const narrow = lambdaFunctions(keep(new LambdaClient(cloud.config)), {
      bucket: BUCKET,
      roleArn: 'role',
      names: 'staithe-*',
      cloudWatch,
    });
    const target = LambdaTarget.parse({ kind: 'lambda', function_name: 'payments' });
    const release = releaseTo(
      target,
      { key: 'none', digest: `sha256:${'0'.repeat(64)}` },
      { projectId: 'prj_1' },
    );

    await expect(narrow.prepare(release)).rejects.toThrow(
      /begin with 'staithe-'\. Name it staithe-payments, or create it yourself and tag it staithe:project=prj_1/,
    );
  });

  functionsContract(() => ({
    adapter,
    async artifact(text) {
      const bytes = await zip({ 'index.js': `exports.handler = async () => ${JSON.stringify(text)};` });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const key = `projects/prj/artifacts/${sha256}`;
      await storage.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes }));
      return { key, digest: `sha256:${sha256}` };
    },
    ask: async (url) => (await fetch(url)).text(),
  }));
});
