/** Debian's docker-registry on loopback, with a password, and a client that puts things into registries. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demand } from 'embedded-cloud/test-kit/tools.ts';
import type { RegistryCredential, RepositoryAddress } from '../../lib/domain/ports/registry.ts';
import { digestOf } from '../domain/ports/registry.contract.ts';

export const USERNAME = 'staithe';
export const PASSWORD = 'a password';
/** bcrypt of the password, of few rounds as it guards nothing. */
const HTPASSWD = `${USERNAME}:$2b$04$JA.Q0kfEg1hKYI7yh97FLO2ajpo4eXQf8YzPPil4qKAGiV.TZJxXu\n`;

export interface DistributionRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
}

/** For tests that need docker-registry. */
export async function startDistribution(): Promise<DistributionRegistry> {
  demand('docker-registry');
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  const port = await freePort();
  writeFileSync(join(folder, 'htpasswd'), HTPASSWD);
  const settings = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: `127.0.0.1:${port}` },
    auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'settings.yml'), JSON.stringify(settings));
  const child = spawn('docker-registry', ['serve', join(folder, 'settings.yml')], { stdio: 'ignore' });
  await once(child, 'spawn');
  await answering(child, `http://127.0.0.1:${port}/v2/`);
  return {
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  while (child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response !== undefined) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`docker-registry ended with ${child.exitCode}.`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  return address.port;
}

/** Puts blobs and manifests by plain HTTP, as the specification has it. */
export const pusher = {
  async putBlob(
    place: RepositoryAddress,
    credential: RegistryCredential,
    bytes: string | Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const begun = await ask(place, credential, 'blobs/uploads/', { method: 'POST' });
    const location = new URL(begun.headers.get('location') ?? '', `http://${place.host}`);
    location.searchParams.set('digest', digestOf(bytes));
    await ask(place, credential, location, { method: 'PUT', body: bytes });
  },
  async putManifest(
    place: RepositoryAddress,
    credential: RegistryCredential,
    { text, mediaType, reference }: { text: string; mediaType: string; reference: string },
  ): Promise<void> {
    const headers = { 'content-type': mediaType };
    await ask(place, credential, `manifests/${reference}`, { method: 'PUT', body: text, headers });
  },
};

async function ask(
  { host, repository }: RepositoryAddress,
  { username, password }: RegistryCredential,
  path: string | URL,
  init: { method: string; body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> },
): Promise<Response> {
  const response = await fetch(new URL(path, `http://${host}/v2/${repository}/`), {
    ...init,
    headers: {
      ...init.headers,
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    },
  });
  if (!response.ok) throw new Error(`${init.method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}
