/** The registry with the clients that people use: buildah, and Docker where its daemon runs. */

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ListImagesCommand,
} from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../test-kit/tools.ts';
import { PUSH, passwordOf, type RegistryCloud, repositoryArn, startRegistryCloud } from './cloud.ts';

const run = promisify(execFile);

/** What builds and moves an image; each keeps its images and logins in a folder of its own. */
interface Client {
  readonly name: string;
  run(folder: string, ...arguments_: string[]): Promise<string>;
  build(folder: string, tag: string, ...more: string[]): Promise<unknown>;
  login(folder: string, host: string, password: string): Promise<unknown>;
  push(folder: string, tag: string): Promise<unknown>;
  /** Pulls, and gives the text of a file in the image. */
  read(folder: string, tag: string, path: string): Promise<string>;
}

const insecure = '--tls-verify=false';
const buildah: Client = {
  name: 'buildah',
  async run(folder, ...arguments_) {
    const storage = ['--storage-driver', 'vfs', '--root', join(folder, 'r'), '--runroot', join(folder, 'rr')];
    const env = { ...process.env, REGISTRY_AUTH_FILE: join(folder, 'auth.json') };
    return (await run('buildah', [...storage, ...arguments_], { env })).stdout;
  },
  build(folder, tag, ...more) {
    return this.run(folder, 'bud', '--isolation', 'chroot', '-t', tag, ...more, join(folder, 'context'));
  },
  login(folder, host, password) {
    return this.run(folder, 'login', insecure, '-u', 'AWS', '-p', password, host);
  },
  push(folder, tag) {
    return this.run(folder, 'push', insecure, tag);
  },
  async read(folder, tag, path) {
    const container = (await this.run(folder, 'from', insecure, '--pull-always', tag)).trim();
    // Through a file: now and then buildah loses what a command printed last.
    const copy = ['/bin/busybox', 'cp', path, '/out/copy'];
    await this.run(folder, 'run', '--isolation', 'chroot', '-v', `${folder}:/out`, container, '--', ...copy);
    return readFileSync(join(folder, 'copy'), 'utf8');
  },
};

const docker: Client = {
  name: 'Docker',
  async run(folder, ...arguments_) {
    const env = { ...process.env, DOCKER_BUILDKIT: '0' };
    return (await run('docker', ['--config', join(folder, 'docker'), ...arguments_], { env })).stdout;
  },
  build(folder, tag, ...more) {
    return this.run(folder, 'build', '-t', tag, ...more, join(folder, 'context'));
  },
  login(folder, host, password) {
    return this.run(folder, 'login', '-u', 'AWS', '-p', password, host);
  },
  push(folder, tag) {
    return this.run(folder, 'push', tag);
  },
  async read(folder, tag, path) {
    await this.run(folder, 'rmi', '-f', tag);
    return this.run(folder, 'run', '--rm', tag, '/bin/busybox', 'cat', path);
  },
};

const CLIENTS = [
  { client: buildah, options: needs('buildah', 'busybox') },
  { client: docker, options: needs('docker daemon', 'busybox') },
];

for (const { client, options } of CLIENTS)
  describe(`the registry and ${client.name}`, options, () => {
    let cloud: RegistryCloud;
    let folder: string;
    let other: string;
    let host: string;
    const repository = `team/${client.name.toLowerCase()}`;
    beforeAll(async () => {
      cloud = await startRegistryCloud();
      host = await cloud.host;
      folder = mkdtempSync(join(tmpdir(), 'client-'));
      other = mkdtempSync(join(tmpdir(), 'client-'));
      for (const repositoryName of [repository, 'team/forbidden'])
        await cloud.client.send(new CreateRepositoryCommand({ repositoryName }));
      mkdirSync(join(folder, 'context'));
      copyFileSync('/bin/busybox', join(folder, 'context', 'busybox'));
      writeFileSync(
        join(folder, 'context', 'Dockerfile'),
        `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "echo made in a build > /made"]
CMD ["/bin/busybox", "cat", "/made"]
`,
      );
      const session = await cloud.as('pusher', {
        Statement: [
          { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
          { Effect: 'Allow', Action: PUSH, Resource: repositoryArn(repository) },
        ],
      });
      const password = (await passwordOf(session)).slice('AWS:'.length);
      for (const place of [folder, other]) await client.login(place, host, password);
    });
    afterAll(async () => {
      // Docker's daemon would keep them.
      await client.run(folder, 'rmi', '-f', `${host}/${repository}:v1`, `${host}/team/forbidden:v1`);
      await cloud[Symbol.asyncDispose]();
      for (const place of [folder, other]) rmSync(place, { recursive: true, force: true });
    });

    test('agree on an image that was built, pushed, and pulled elsewhere', async () => {
      const tag = `${host}/${repository}:v1`;
      await client.build(folder, tag);
      await client.push(folder, tag);

      expect(await client.read(other, tag, '/made')).toBe('made in a build\n');
      const { imageDetails } = await cloud.client.send(
        new DescribeImagesCommand({ repositoryName: repository }),
      );
      expect(imageDetails).toHaveLength(1);
      expect(imageDetails?.[0]?.imageSizeInBytes).toBeGreaterThan(500_000);
    });

    test('a token of one repository pushes to no other', async () => {
      const tag = `${host}/team/forbidden:v1`;
      await client.build(folder, tag);

      const refused: unknown = await client.push(folder, tag).catch((error: unknown) => error);

      expect(String(refused)).toMatch(/denied|not authorized|403 \(Forbidden\)/i);
      const { imageIds } = await cloud.client.send(
        new ListImagesCommand({ repositoryName: 'team/forbidden' }),
      );
      expect(imageIds).toEqual([]);
    });

    test('a wrong password opens nothing', async () => {
      const place = mkdtempSync(join(tmpdir(), 'client-'));

      await expect(client.login(place, host, 'wrong')).rejects.toThrow(/unauthorized|invalid/i);
      rmSync(place, { recursive: true });
    });
  });

test('an image of two platforms is pushed as one index', needs('buildah'), async () => {
  await using cloud = await startRegistryCloud();
  const host = await cloud.host;
  const folder = mkdtempSync(join(tmpdir(), 'client-'));
  mkdirSync(join(folder, 'context'));
  writeFileSync(join(folder, 'context', 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  await cloud.client.send(new CreateRepositoryCommand({ repositoryName: 'many' }));
  await buildah.login(folder, host, (await passwordOf(cloud.client)).slice('AWS:'.length));

  for (const architecture of ['amd64', 'arm64'])
    await buildah.run(folder, 'bud', '--arch', architecture, '--manifest', 'both', join(folder, 'context'));
  await buildah.run(folder, 'manifest', 'push', insecure, '--all', 'both', `docker://${host}/many:v1`);

  const { images } = await cloud.client.send(
    new BatchGetImageCommand({ repositoryName: 'many', imageIds: [{ imageTag: 'v1' }] }),
  );
  const manifest = images?.[0]?.imageManifest ?? '';
  expect(images?.[0]?.imageManifestMediaType).toBe('application/vnd.oci.image.index.v1+json');
  expect(manifest).toContain('"architecture":"amd64"');
  expect(manifest).toContain('"architecture":"arm64"');
  rmSync(folder, { recursive: true });
});
