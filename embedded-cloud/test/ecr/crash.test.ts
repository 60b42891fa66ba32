/** What the registry acknowledged is there after `kill -9`, at the same address and under the same token. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KillableCloud } from '../killable-cloud.ts';
import { digestOf, passwordOf, Registry, startRegistryCloud } from './cloud.ts';

let cloud: KillableCloud;
beforeEach(() => {
  cloud = new KillableCloud('ecr');
});
afterEach(() => cloud[Symbol.dispose]());

const start = async () => new ECRClient(await cloud.start());

test('pushes that were acknowledged survive kill -9 at any moment', async () => {
  const images = new Map<string, string>();
  let registry: Registry | undefined;
  let upload = '';
  let sent = '';
  let underway = '';
  /** A chunk that was under way at a kill may be there or not; the upload itself knows. */
  const settle = async (): Promise<void> => {
    const state = await registry?.fetch(upload);
    const size = Number(state?.headers.get('range')?.split('-')[1]) + 1;
    expect([sent.length, sent.length + underway.length]).toContain(size);
    if (size > sent.length) sent += underway;
    underway = '';
  };

  for (let round = 0; round < 4; round++) {
    const client = await start();
    if (registry === undefined) {
      await client.send(new CreateRepositoryCommand({ repositoryName: 'app' }));
      const password = await passwordOf(client);
      const uri = (await client.send(new CreateRepositoryCommand({ repositoryName: 'uri' }))).repository;
      registry = new Registry(uri?.repositoryUri?.split('/')[0] ?? '', password);
      const begun = await registry.fetch('/v2/app/blobs/uploads/', { method: 'POST' });
      upload = begun.headers.get('location') ?? '';
      sent = 'the beginning';
      await registry.fetch(upload, { method: 'PATCH', body: sent });
    } else await settle();
    const { fetch, pushImage } = registry;
    const pushing = async (): Promise<void> => {
      for (;;) {
        const content = randomBytes(20_000).toString('hex');
        images.set(await pushImage.call(registry, 'app', undefined, content), content);
      }
    };
    const streaming = async (): Promise<void> => {
      for (;;) {
        underway = randomBytes(1_000).toString('hex');
        const { status } = await fetch.call(registry, upload, { method: 'PATCH', body: underway });
        if (status !== 202) throw new Error(`A chunk was answered with ${status}.`);
        sent += underway;
        underway = '';
      }
    };
    const work = [pushing(), pushing(), streaming()].map((one) => one.catch(() => undefined));
    const before = images.size;
    await expect.poll(() => images.size).toBeGreaterThan(before + 3);
    await cloud.kill();
    await Promise.all(work);
  }

  await using again = await startRegistryCloud(cloud.folder);
  if (registry === undefined) throw new Error('Nothing was started.');
  expect(await again.host).toContain('127.0.0.1:');
  for (const [digest, content] of images) {
    expect((await registry.fetch(`/v2/app/manifests/${digest}`)).status).toBe(200);
    expect(await (await registry.fetch(`/v2/app/blobs/${digestOf(content)}`)).text()).toBe(content);
  }
  await settle();
  const done = await registry.fetch(`${upload}?digest=${digestOf(sent)}`, { method: 'PUT' });
  expect(done.status).toBe(201);
});

test('bytes that no upload and no layer names are swept away at the next start', async () => {
  const client = await start();
  await client.send(new CreateRepositoryCommand({ repositoryName: 'app' }));
  const uri = (await client.send(new CreateRepositoryCommand({ repositoryName: 'uri' }))).repository;
  const registry = new Registry(uri?.repositoryUri?.split('/')[0] ?? '', await passwordOf(client));
  const digest = await registry.pushImage('app', 'v1', 'kept');
  const begun = await registry.fetch('/v2/app/blobs/uploads/', { method: 'POST' });
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(randomBytes(2_000_000)),
  });
  const half = registry.fetch(begun.headers.get('location') ?? '', { method: 'PATCH', body, duplex: 'half' });
  const blobs = join(cloud.folder.stateDir, 'ecr', 'blobs');
  const files = () =>
    readdirSync(blobs, { recursive: true }).filter((name) => String(name).length > 2).length;
  await expect.poll(files).toBe(3);
  await Promise.all([half.catch(() => undefined), cloud.kill()]);

  await using _ = await startRegistryCloud(cloud.folder);

  await expect.poll(files).toBe(2);
  expect((await registry.fetch(`/v2/app/manifests/${digest}`)).status).toBe(200);
});
