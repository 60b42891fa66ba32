/** Images on machines without a daemon of Docker. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarGz } from '../../archive/craft.ts';
import { PASSWORD, USERNAME } from '../../aws/distribution.ts';
import { ALWAYS, Images, scene } from './images.ts';
import { imageSource } from './tree.ts';

let images: Images;
beforeAll(async () => {
  images = await Images.start(false);
});
afterAll(() => images[Symbol.asyncDispose]());

describe('a service that should be an image', () => {
  test('without its Dockerfile fails and says what the context has', async () => {
    const source = tarGz(
      { name: 'apps/api/Dockerfile', content: 'FROM scratch' },
      { name: 'apps/api/main.go', content: 'package main' },
    );
    const spec = { context: 'apps/api' };

    const { plane } = await images.agents.run(scene({ dockerfile: 'apps/api/Dockerfile' }, { source, spec }));

    expect(plane.failure).toMatchObject({
      code: 'zero_artifacts',
      message:
        "The build of hello left no image: its context 'apps/api' has no Dockerfile 'apps/api/Dockerfile'.",
      hint: expect.stringMatching(
        /with context 'apps\/api', write dockerfile: Dockerfile\. The context has: Dockerfile, main\.go\./,
      ),
    });
  });

  test('on a machine without builders fails with each one that was tried and what it said', async () => {
    const source = tarGz({ name: 'Dockerfile', content: 'FROM scratch' });

    const { plane } = await images.agents.run(scene({}, { source }), { PATH: '/nonexistent' });

    expect(plane.failure).toMatchObject({
      code: 'build_error',
      message:
        'Nothing on this machine can build a container image. Tried: docker buildx (not installed), docker build (not installed), buildah (not installed).',
      hint: expect.stringContaining('privileged'),
    });
  });

  test(
    'whose registry the control plane cannot open fails as it says',
    needs('buildah', 'busybox'),
    async () => {
      const fault = (request: string) =>
        request === 'POST /v1/jobs/registry-token'
          ? ({ problem: 'registry_credential_missing' } as const)
          : undefined;

      const { plane } = await images.agents.run(scene({}, { fault }), images.buildahOnly());

      expect(plane.failure).toMatchObject({ code: 'auth_error', step: 'push image' });
      expect(plane.failure.hint).toContain('staithe secret set');
    },
  );
});

describe('a short name of an image', needs('buildah', ...ALWAYS), () => {
  test('is one of Docker Hub, with the mirrors that the machine has for it', async () => {
    const env = images.buildahOnly();
    const ref = `docker://${images.registryHost()}/library/base:1`;
    const context = mkdtempSync(join(images.agents.root, 'base-'));
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /from-the-mirror\n');
    const buildah = (...args: string[]) =>
      spawnSync('buildah', args, { env: { ...process.env, ...env }, encoding: 'utf8' });
    buildah('build', '--isolation', 'chroot', '--tag', 'localhost/base', context);
    const login = ['--creds', `${USERNAME}:${PASSWORD}`, '--tls-verify=false'];
    expect(buildah('push', ...login, 'localhost/base', ref).stderr).toContain('Writing manifest');
    buildah('rmi', 'localhost/base');
    const auth = Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64');
    const mirror = `[[registry]]\nprefix = "docker.io"\nlocation = "${images.registryHost()}"\ninsecure = true\n`;
    const files = {
      'mirror.conf': mirror,
      'config.json': JSON.stringify({ auths: { [images.registryHost()]: { auth } } }),
    };
    const commands = [
      'mv mirror.conf ~/.config/containers/registries.conf.d/; mkdir ~/.docker; mv config.json ~/.docker',
    ];

    const { plane, output } = await images.agents.run(
      {
        ...scene({ push: false }, { source: imageSource('FROM base:1\nCOPY busybox /busybox\n', files) }),
        spec: {
          commands,
          artifacts: [],
          image: { dockerfile: 'Dockerfile', push: false, tags: ['v1'], build_args: {} },
        },
      },
      env,
    );

    expect(output).toContain('docker.io/library/base:1');
    expect(plane.result.status, output).toBe('completed');
  });
});
