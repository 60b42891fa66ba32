import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { needs } from '../../test-kit/tools.ts';
import { passwordOf } from '../ecr/cloud.ts';
import { ImageFunctions } from './image-functions.ts';
import { RUNTIME } from './image-kit.ts';

const run = promisify(execFile);

let image: ImageFunctions;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'image-built-'));
  image = await ImageFunctions.start();
});
afterEach(async () => {
  await image[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function buildah(...words: string[]) {
  const storage = ['--storage-driver', 'vfs', '--root', join(folder, 'r'), '--runroot', join(folder, 'rr')];
  return run('buildah', [...storage, ...words]);
}

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
COPY --chmod=755 runtime /var/runtime/bootstrap
RUN ["/bin/busybox", "sh", "-c", "echo 4711 > /made && /bin/busybox chown 33:33 /made && /bin/busybox chmod 604 /made"]
ENV GREETING=hello
WORKDIR /var/task
ENTRYPOINT ["/var/runtime/bootstrap"]
CMD ["app.handler"]
`;

test(
  'an image that buildah made and pushed runs as a function',
  needs('buildah', 'bubblewrap', 'busybox'),
  async () => {
    const context = join(folder, 'context');
    mkdirSync(context);
    copyFileSync('/usr/bin/busybox', join(context, 'busybox'));
    writeFileSync(join(context, 'runtime'), RUNTIME);
    writeFileSync(join(context, 'Dockerfile'), DOCKERFILE);
    const name = `${image.host}/team/app:built`;
    await buildah('bud', '--isolation', 'chroot', '-t', name, context);
    const password = await passwordOf(image.registryClient);
    await buildah('push', '--tls-verify=false', '--creds', password, name);

    await image.create(':built');
    await image.functions.active('app');

    expect(await image.said('echo $GREETING $1 $(pwd) $(/bin/busybox cat /made)')).toBe(
      'hello app.handler /var/task 4711',
    );
  },
);
