/** Builds that make container images: as root of a user namespace, and of nothing else. */
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { detectSandboxes, machineIsolation } from '../../src/codebuild/isolation.ts';
import { bubblewrap, plain } from '../../src/codebuild/sandbox.ts';
import { unless } from '../../test-kit/tools.ts';
import { codeBuildCloud, NO_ROOTLESS, own } from './build-cloud.ts';

const { rootless } = await detectSandboxes();

const open: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of open) await close();
});

async function run(...commands: string[]) {
  const { finish, cloud, close } = await codeBuildCloud({
    properties: {
      Environment: {
        ...{
          Type: 'LINUX_CONTAINER',
          Image: 'aws/codebuild/standard:7.0',
          ComputeType: 'BUILD_GENERAL1_SMALL',
        },
        PrivilegedMode: true,
      },
    },
    buildspec: JSON.stringify({ version: 0.2, phases: { build: { commands } } }),
  });
  open.push(close);
  const { build, lines } = await finish({
    environmentVariablesOverride: [{ name: 'STATE', value: cloud.folder }],
  });
  return { build, lines: own(lines), log: lines.join('\n') };
}

describe('a build in privileged mode', unless(rootless === undefined ? NO_ROOTLESS : undefined), () => {
  it('makes an image of several stages, with owners of its own, and can write it out', async () => {
    const dockerfile = [
      'FROM scratch AS first',
      'COPY sh /bin/sh',
      'COPY file /file',
      'RUN chown 33:33 /file && chmod 4755 /bin/sh && id -u',
      'USER 1000',
      'RUN echo "as $(id -u)"',
      'FROM scratch',
      'COPY --from=first --chown=7:8 /file /file',
    ].join('\\n');

    const { build, lines, log } = await run(
      'cp "$(command -v busybox)" sh || exit 0; echo content > file; mkdir tools; for name in chown chmod id; do cp sh tools/$name; done',
      `test -e sh || exit 0; printf '${dockerfile.replace('COPY sh /bin/sh', 'COPY sh /bin/sh\\nCOPY tools /bin')}' > Dockerfile; buildah build --isolation chroot -t localhost/made:1 . >log 2>&1 && echo made || cat log`,
      'test -e sh || { echo made; exit 0; }; buildah push localhost/made:1 oci-archive:made.tar >/dev/null 2>&1; test -s made.tar && grep -o "as 1000" log',
    );

    expect(build.buildStatus, log).toBe('SUCCEEDED');
    expect(lines[0], log).toBe('made');
  });

  it('is root there and nobody outside: no devices, no file systems, no settings of the kernel', async () => {
    const { lines, log } = await run(
      'id -u; cut -c1-40 /proc/self/uid_map | tr -s " "',
      'ls "$STATE" 2>&1 | grep -c "No such file"',
      'touch /usr/x 2>&1 | grep -c "Read-only"',
      'mknod /tmp/disk b 8 0 2>&1 | grep -c "not permitted"',
      'ls /dev | tr "\\n" " "',
      'mount -o remount,rw /usr 2>&1 | grep -c "denied\\|not permitted"',
      '(echo x > /proc/sys/kernel/core_pattern) 2>&1 | grep -c "ermission denied\\|cannot create"',
      'grep CapEff /proc/self/status | grep -o "0.*"',
      'nsenter -t 1 -m true 2>&1 | grep -c "denied\\|not permitted"',
    );

    const [user, map = '', ...rest] = lines;
    const [inside, outside, count] = map.trim().split(' ');
    expect([user, inside, count], log).toEqual(['0', '0', process.getuid?.() === 0 ? '65536' : '1']);
    expect(Number(outside)).not.toBe(0);
    expect(rest, log).toEqual([
      ...['1', '1', '1'],
      'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero ',
      ...['1', '1', '00000000802405fb', '1'],
    ]);
  });
});

describe('what a machine cannot isolate', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('is told in a line with the remedy, and nothing is told where it can', async () => {
    const nothing = await machineIsolation({ builds: plain, rootless: undefined });
    const all = await machineIsolation({ builds: bubblewrap, rootless: { ...plain, privileged: true } });

    expect(nothing).toEqual({
      builds: 'none',
      imageBuilds: 'none',
      warnings: [expect.stringMatching(/^Builds are not isolated: .*(Install bubblewrap|allow them|trust)/)],
    });
    expect(all).toEqual({ builds: 'sandboxed', imageBuilds: 'rootless', warnings: [] });
  });

  it('is builds of images where the user wants Docker to make them', async () => {
    vi.stubEnv('DOCKER_HOST', 'unix:///nonexistent/docker.sock');

    const { imageBuilds, builds } = await machineIsolation({
      builds: bubblewrap,
      rootless: { ...plain, privileged: true },
    });

    expect({ builds, imageBuilds }).toEqual({ builds: 'sandboxed', imageBuilds: 'none' });
  });
});
