/** The proxy of builds, asked over its socket as a machine asks it. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forwardProxy } from '../../src/codebuild/network/forward-proxy.ts';
import { Reach } from '../../src/codebuild/network/reach.ts';
import { upstreamFor } from '../../src/codebuild/network/upstream.ts';

const folder = mkdtempSync(join(tmpdir(), 'forward-proxy-'));

const servers: (Server | TcpServer)[] = [];

/** Names as the proxy sees them; the answers of a name that changes its mind come one after the other. */
const names = new Map<string, string[][]>();

let asked = 0;

let outside: number;

let published: number;

let hidden: number;

let socketPath: string;

const portOf = (server: Server | TcpServer): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

async function listening<T extends Server | TcpServer>(server: T, at: number | string = 0): Promise<T> {
  servers.push(server);
  if (typeof at === 'string') server.listen(at);
  else server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const site = (name: string) =>
  createServer((incoming, response) => {
    void text(incoming).then((body) =>
      response.end(JSON.stringify({ name, url: incoming.url, headers: incoming.headers, body })),
    );
  });

let served = 0;

async function proxyWith(environment: NodeJS.ProcessEnv, named: string[] = []): Promise<string> {
  const reach = new Reach({
    localPorts: () => [published],
    named: new Set(named),
    resolve: async (host) => {
      asked += 1;
      const answers = names.get(host) ?? [[]];
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    },
    ownAddresses: () => ['203.0.113.7'],
  });
  const path = join(folder, `${served++}.sock`);
  await listening(forwardProxy(reach, environment), path);
  return path;
}

beforeAll(async () => {
  [outside, published, hidden] = (
    await Promise.all([site('outside'), site('published'), site('hidden')].map((each) => listening(each)))
  ).map(portOf) as [number, number, number];
  socketPath = await proxyWith({}, [`outside.test:${outside}`]);
});

afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function ask(path: string, target: string, options: { method?: string; body?: string } = {}) {
  const asking = request({ socketPath: path, path: target, method: options.method ?? 'GET', agent: false });
  asking.end(options.body);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) } satisfies Answer;
}

/** Opens a tunnel and says `hello` in it, as HTTP. */
async function tunnel(path: string, target: string): Promise<Answer> {
  const asking = request({ socketPath: path, path: target, method: 'CONNECT', agent: false });
  asking.end();
  const [response, socket, head] = await new Promise<[IncomingMessage, Duplex, Buffer]>((resolve, reject) => {
    asking.once('connect', (...opened) => resolve(opened));
    asking.once('error', reject);
  });
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    const rest = await text(socket);
    return { status, body: head.toString() + rest };
  }
  socket.write('GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  return { status, body: await text(socket) };
}

describe('the proxy of builds', () => {
  it('passes requests and tunnels on to what may be reached, with their bodies', async () => {
    names.set('outside.test', [['127.0.0.1']]);

    const plain = await ask(socketPath, `http://outside.test:${outside}/a?b=c`, {
      method: 'POST',
      body: 'tea',
    });
    const through = await tunnel(socketPath, `outside.test:${outside}`);
    const local = await tunnel(socketPath, `127.0.0.1:${published}`);

    expect(JSON.parse(plain.body)).toMatchObject({ name: 'outside', url: '/a?b=c', body: 'tea' });
    expect(JSON.parse(plain.body).headers.host).toBe(`outside.test:${outside}`);
    expect(through.body).toContain('"outside"');
    expect(local.body).toContain('"published"');
  });

  it.each([
    ['a port of this machine that is not for builds', () => `127.0.0.1:${hidden}`],
    ['the same by name', () => `localhost:${hidden}`],
    ['the same in other words', () => `127.1.2.3:${published}`],
    ['IPv6 loopback', () => `[::1]:${hidden}`],
    ['IPv4 in IPv6', () => `[::ffff:127.0.0.1]:${published}`],
    ['no address', () => `0.0.0.0:${published}`],
    ['the metadata service', () => '169.254.169.254:80'],
    ['a private network', () => '192.168.1.1:443'],
    ['link-local IPv6', () => '[fe80::1]:80'],
    ['an address of this machine on the internet', () => '203.0.113.7:443'],
    ['a name of loopback', () => `inward.test:${hidden}`],
    ['a name of the metadata service', () => 'metadata.test:80'],
  ])('refuses %s, and says who can allow it', async (_what, target) => {
    names.set('inward.test', [['127.0.0.1', '::1']]);
    names.set('metadata.test', [['169.254.169.254']]);

    const through = await tunnel(socketPath, target());
    const plain = await ask(socketPath, `http://${target()}/`);

    expect([through.status, plain.status]).toEqual([403, 403]);
    for (const { body } of [through, plain])
      expect(body).toMatch(/Builds may not reach .* EMBEDDED_CLOUD_BUILD_REACH=/);
  });

  it('connects to the address that it has looked at, whatever the name says a moment later', async () => {
    // The first address is one that nobody has (RFC 5737), the second is what an attacker would want.
    names.set('rebound.test', [['192.0.2.1'], ['127.0.0.1']]);
    const path = await proxyWith({ https_proxy: `http://127.0.0.1:${await connectLog()}` });
    asked = 0;

    await tunnel(path, `rebound.test:${hidden}`);

    expect(asked).toBe(1);
    // A proxy on this machine could be led back by the name, so it is told the address.
    expect(told).toEqual([`192.0.2.1:${hidden}`]);
  });

  it('tells names that have no address so, and requests that are not for a proxy', async () => {
    const unknown = await tunnel(socketPath, 'nobody.test:443');
    const direct = await ask(socketPath, '/metadata');
    const without = await tunnel(socketPath, 'outside.test');

    expect(unknown).toMatchObject({
      status: 502,
      body: expect.stringContaining('nobody.test has no address'),
    });
    expect([direct.status, without.status]).toEqual([400, 400]);
  });

  it('keeps a half-closed connection open until the other half is closed', async () => {
    const echo = await listening(
      createTcpServer({ allowHalfOpen: true }, (socket) => {
        void text(socket).then((all) => socket.end(`got ${all}`));
      }),
    );
    names.set('echo.test', [['127.0.0.1']]);
    const path = await proxyWith({}, [`echo.test:${portOf(echo)}`]);
    const socket = connect({ path, allowHalfOpen: true });

    socket.write(`CONNECT echo.test:${portOf(echo)} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await once(socket, 'readable');
    socket.end('tea');

    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\ngot tea$/s);
  });
});

const told: string[] = [];

/** A proxy that admits nothing, and notes what it was asked for. */
async function connectLog(): Promise<number> {
  const server = createServer();
  server.on('connect', (incoming, socket) => {
    told.push(incoming.url ?? '');
    socket.end('HTTP/1.1 418 No\r\n\r\n');
  });
  return portOf(await listening(server));
}

describe('a proxy that this machine has to use', () => {
  it('is asked for what is outside, with its credential, and not for what is exempt', () => {
    const environment = {
      HTTPS_PROXY: 'http://user:pass%20word@proxy.example:8080',
      NO_PROXY: 'localhost,.internal.example',
    };

    expect(upstreamFor('https', 'packages.example.org', environment)).toEqual({
      host: 'proxy.example',
      port: 8080,
      authorization: `Basic ${Buffer.from('user:pass word').toString('base64')}`,
      local: false,
    });
    expect(upstreamFor('https', 'git.internal.example', environment)).toBeUndefined();
    expect(upstreamFor('http', 'deb.debian.org', environment)).toBeUndefined();
  });

  it('answers the build itself', async () => {
    names.set('far.test', [['192.0.2.9']]);
    const path = await proxyWith({ HTTPS_PROXY: `http://127.0.0.1:${await connectLog()}` });

    const answer = await tunnel(path, 'far.test:443');

    expect(answer.status).toBe(418);
  });
});
