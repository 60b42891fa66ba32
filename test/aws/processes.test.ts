/** The deploy target `process`, over HTTP, against the embedded cloud. */
import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { zip } from 'embedded-cloud/test-kit/zip.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processClient } from '../../lib/aws/processes/client.ts';
import { embeddedProcesses } from '../../lib/aws/processes/index.ts';
import type { TargetAdapter } from '../../lib/domain/ports/targets.ts';
import { ProcessTarget } from '../../lib/domain/target/process.ts';
import { processesContract } from '../domain/ports/processes.contract.ts';
import { made, releaseTo } from '../domain/ports/target.contract.ts';
import { BUCKET, type SmallCloud, startSmallCloud } from './cloud.ts';

let cloud: SmallCloud;
let storage: S3Client;
let adapter: TargetAdapter<ProcessTarget>;

beforeAll(async () => {
  cloud = await startSmallCloud();
  storage = new S3Client({ ...cloud.config, forcePathStyle: true });
  adapter = embeddedProcesses(
    processClient(() => cloud.config),
    BUCKET,
  );
});
afterAll(async () => {
  storage.destroy();
  await cloud[Symbol.asyncDispose]();
});

async function stored(code: string) {
  const bytes = await zip({ 'server.js': code });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = `projects/prj/artifacts/${sha256}`;
  await storage.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes }));
  return { key, digest: `sha256:${sha256}` };
}

const answering = (text: string) =>
  `require('node:http').createServer((request, response) => {
    if (request.url === '/broken') response.statusCode = 500;
    if (request.url === '/exit') process.exit(4);
    response.end(${JSON.stringify(text)});
  }).listen(process.env.PORT ?? 0)`;

describe('processes on the embedded cloud', () => {
  processesContract(() => ({
    adapter,
    artifact: (text) => stored(answering(text)),
    ask: async (url) => (await fetch(url)).text(),
  }));

  const target = (name: string) => ProcessTarget.parse({ kind: 'process', name, command: 'node server.js' });

  test('one that does not start says why, with its last lines, and without its secrets', async () => {
    const code = "console.error('cannot log in with', process.env.DB_PASSWORD); process.exit(2)";
    const release = releaseTo(target('failing'), await stored(code), {
      variables: { DB_PASSWORD: 'hunter2hunter2' },
    });

    await adapter.prepare(release);

    await eventually(() =>
      expect(adapter.isReady(release)).rejects.toThrow(
        /^Version 1 does not run\. Replica 1 ended 3 times and was never ready: exit status 2\.\nIts last lines:\n[\s\S]*cannot log in with (?!hunter2)/,
      ),
    );
  });

  test('what speaks against a version is that its processes end, or answer with errors', async () => {
    const release = releaseTo(target('watched'), await stored(answering('one')));
    const version = await made(adapter, release);
    const { url } = await adapter.shift(release, { version, percent: 100 });
    const watched = { version, percent: 100, since: Date.now(), isBaking: true };

    const well = await adapter.fault?.(release, watched);
    await fetch(`${url}broken`);
    const broken = await adapter.fault?.(release, watched);
    await fetch(`${url}exit`);

    expect(well).toBeUndefined();
    expect(broken).toBe('1 of 1 responses of version 1 were server errors; 5 % were allowed.');
    await eventually(async () =>
      expect(await adapter.fault?.(release, watched)).toBe(
        'Processes of version 1 ended once, at last replica 1: exit status 4.',
      ),
    );
  });
});
