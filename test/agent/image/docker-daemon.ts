/** A Docker daemon for tests: the one that runs, or one of their own. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { demand } from 'embedded-cloud/test-kit/tools.ts';

export interface DockerDaemon extends AsyncDisposable {
  /** For DOCKER_HOST. */
  readonly host: string;
}

const DEFAULT = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';

const answers = (host: string): boolean =>
  spawnSync('docker', ['--host', host, 'version'], { stdio: 'ignore' }).status === 0;

/**
 * Uses the machine's daemon when it runs. Else, as root, starts one below a folder of its own that changes nothing of
 * the machine's network: builds have loopback only.
 */
export async function startDocker(): Promise<DockerDaemon> {
  demand('docker');
  if (answers(DEFAULT)) return { host: DEFAULT, async [Symbol.asyncDispose]() {} };
  const root = mkdtempSync(join(tmpdir(), 'dockerd-'));
  const host = `unix://${join(root, 'docker.sock')}`;
  writeFileSync(join(root, 'daemon.json'), '{}');
  const folders = ['--data-root', join(root, 'data'), '--exec-root', join(root, 'exec')];
  const files = ['--pidfile', join(root, 'pid'), '--config-file', join(root, 'daemon.json')];
  const network = ['--bridge', 'none', '--iptables=false', '--ip6tables=false'];
  const child = spawn('dockerd', ['--host', host, ...folders, ...files, ...network], { stdio: 'ignore' });
  const stop = async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGTERM');
    await ended;
    rmSync(root, { recursive: true, force: true });
  };
  await ready(child, host).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { host, [Symbol.asyncDispose]: stop };
}

async function ready(child: ChildProcess, host: string): Promise<void> {
  for (;;) {
    if (answers(host)) return;
    if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}.`);
    await turn();
  }
}

/** What Docker's store has, as `<name>:<tag>`. */
export function imagesOf(host: string): string[] {
  const format = ['--format', '{{.Repository}}:{{.Tag}}'];
  return execFileSync('docker', ['--host', host, 'image', 'ls', ...format], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}
