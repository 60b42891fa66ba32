/**
 * Servers that refuse, each in its own way, on loopback. Cases name them as `@UNAUTHORIZED@`; in the logs they get
 * public names, so that nothing tells where a log was made.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { TOOLS } from './tools.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const status =
  (code: number, headers: Record<string, string>, body: object | string): Answer =>
  (request, response) => {
    request.resume();
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const oci = (code: number, name: string, message: string): Answer =>
  status(code, { 'docker-distribution-api-version': 'registry/2.0' }, { errors: [{ code: name, message }] });

/** A registry for images that lets everybody begin, and refuses as real ones do: by the first part of the repository. */
const oddRegistry: Answer = (request, response) => {
  const url = request.url ?? '';
  if (url === '/v2/' || url === '/v2') return status(200, {}, {})(request, response);
  if (url.startsWith('/v2/absent/'))
    // As ECR: a repository must be created first.
    return oci(
      404,
      'NAME_UNKNOWN',
      "The repository with name 'absent/api' does not exist in the registry with id '123456789012'",
    )(request, response);
  if (url.startsWith('/v2/limited/'))
    return oci(
      429,
      'TOOMANYREQUESTS',
      'You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
    )(request, response);
  if (url.startsWith('/v2/denied/'))
    return oci(403, 'DENIED', 'requested access to the resource is denied')(request, response);
  if (url.startsWith('/v2/broken/')) return status(503, {}, 'Service Unavailable')(request, response);
  if (url.startsWith('/v2/immutable/')) return immutable(request, response);
  return oci(404, 'MANIFEST_UNKNOWN', 'manifest unknown')(request, response);
};

/** As ECR with immutable tags: every blob is there already, and the tag is taken. */
const immutable: Answer = (request, response) => {
  if (request.method === 'HEAD' && (request.url ?? '').includes('/blobs/')) {
    response.writeHead(200, { 'content-length': '1' });
    response.end();
  } else if (request.method === 'PUT')
    oci(
      400,
      'TAG_INVALID',
      "The image tag '1.4.0' already exists in the 'immutable/api' repository and cannot be overwritten because the tag is immutable.",
    )(request, response);
  else oci(404, 'MANIFEST_UNKNOWN', 'manifest unknown')(request, response);
};

const KINDS: Readonly<Record<string, { readonly host: string; readonly answer: Answer }>> = {
  UNAUTHORIZED: {
    host: 'packages.example.com',
    answer: status(401, { 'www-authenticate': 'Basic realm="packages"' }, { error: 'Unauthorized' }),
  },
  FORBIDDEN: { host: 'internal.example.com', answer: status(403, {}, { error: 'Forbidden' }) },
  MISSING: { host: 'git.example.com', answer: status(404, {}, { error: 'Not found' }) },
  BROKEN: { host: 'mirror.example.com', answer: status(503, {}, 'Service Unavailable') },
  SILENT: { host: 'slow.example.com', answer: () => undefined },
  ODD: { host: 'odd-registry.example.com', answer: oddRegistry },
};

export interface Servers {
  /** Placeholders become addresses. */
  fill(text: string): string;
  /** Addresses become public names. */
  publish(text: string): string;
  close(): void;
}

async function listening(answer: Answer): Promise<{ server: Server; port: number }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port };
}

async function freePort(): Promise<number> {
  const { server, port } = await listening(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `docker-registry` (Debian), with the account builder:right. The line is bcrypt's, by perl's crypt. */
const HTPASSWD = 'builder:$2b$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC';

async function realRegistry(folder: string): Promise<{ port: number; stop: () => void }> {
  const port = await freePort();
  await writeFile(join(folder, 'htpasswd'), `${HTPASSWD}\n`);
  const config = [
    'version: 0.1',
    'log: {level: error}',
    `storage: {filesystem: {rootdirectory: ${join(folder, 'registry')}}}`,
    `http: {addr: "127.0.0.1:${port}"}`,
    `auth: {htpasswd: {realm: registry, path: ${join(folder, 'htpasswd')}}}`,
  ];
  await writeFile(join(folder, 'registry.yml'), config.join('\n'));
  const child = spawn('docker-registry', ['serve', join(folder, 'registry.yml')], { stdio: 'ignore' });
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    if (answer?.status === 401) return { port, stop: () => child.kill() };
    if (child.exitCode !== null) throw new Error('docker-registry did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A certificate by an authority that nobody here knows, as a proxy shows that looks into TLS. */
async function interceptingProxy(folder: string): Promise<{ port: number; stop: () => void }> {
  const [key, cert] = [join(folder, 'proxy.key'), join(folder, 'proxy.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-keyout', key, '-out', cert],
      ...['-subj', '/O=Example Corp/CN=Example Corp Inspection CA', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'ignore' },
  );
  const server = createTlsServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    status(404, {}, { error: 'Not found' }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, stop: () => server.close() };
}

/** An SSH server (dropbear, see tools.sh) that knows nobody's key. */
async function sshServer(folder: string): Promise<{ port: number; stop: () => void }> {
  const port = await freePort();
  const root = join(TOOLS, 'ssh');
  const lib = join(root, 'usr/lib/x86_64-linux-gnu');
  const hostKey = join(folder, 'host_key');
  mkdirSync(join(folder, 'ssh'), { recursive: true });
  const env = { ...process.env, LD_LIBRARY_PATH: lib };
  execFileSync(join(root, 'usr/bin/dropbearkey'), ['-t', 'ed25519', '-f', hostKey], { env, stdio: 'ignore' });
  const child = spawn(
    join(root, 'usr/sbin/dropbear'),
    ['-F', '-s', '-r', hostKey, '-p', `127.0.0.1:${port}`, '-P', join(folder, 'ssh/pid')],
    { env, stdio: 'ignore' },
  );
  return { port, stop: () => child.kill() };
}

export async function startServers(folder: string): Promise<Servers> {
  const ports = new Map<string, { port: number; host: string }>();
  const closers: (() => void)[] = [];
  for (const [name, { host, answer }] of Object.entries(KINDS)) {
    const { server, port } = await listening(answer);
    ports.set(name, { port, host });
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
  }
  const registry = await realRegistry(folder);
  closers.push(registry.stop);
  ports.set('REGISTRY', { port: registry.port, host: 'registry.example.com' });
  const proxy = await interceptingProxy(folder);
  closers.push(proxy.stop);
  ports.set('INTERCEPTED', { port: proxy.port, host: 'proxy.example.com' });
  const ssh = await sshServer(folder);
  closers.push(ssh.stop);
  ports.set('SSH', { port: ssh.port, host: 'git.example.com' });
  ports.set('CLOSED', { port: await freePort(), host: 'down.example.com' });
  return {
    fill: (text) => {
      let filled = text;
      for (const [name, { port }] of ports) filled = filled.replaceAll(`@${name}@`, `127.0.0.1:${port}`);
      return filled;
    },
    publish: (text) => {
      let shown = text;
      for (const { port, host } of ports.values())
        shown = shown
          .replaceAll(`http://127.0.0.1:${port}`, `https://${host}`)
          .replace(
            new RegExp(`(connect ECONNREFUSED |dial tcp |\\()127\\.0\\.0\\.1:${port}\\b`, 'g'),
            '$1203.0.113.7:443',
          )
          .replaceAll(`127.0.0.1:${port}`, host)
          .replace(new RegExp(`\\b127\\.0\\.0\\.1 port ${port}\\b`, 'g'), `${host} port 443`)
          .replace(new RegExp(`\\b${port}\\b`, 'g'), '443');
      return shown.replaceAll('127.0.0.1', '203.0.113.7');
    },
    close: () => {
      for (const close of closers) close();
    },
  };
}
