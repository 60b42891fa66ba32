/** The agent's own talk with registries, against answers that Debian's registry never gives. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { isOf, manifestOf } from '../../../lib/agent/image/manifest.ts';
import { Registry } from '../../../lib/agent/image/registry.ts';

const MANIFEST = '{"schemaVersion":2,"config":{"digest":"sha256:c0"}}';
const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const basicOf = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

interface Served extends AsyncDisposable {
  readonly host: string;
  /** `METHOD path`, as they came. */
  readonly requests: string[];
}

async function serve(answer: (host: string) => RequestListener): Promise<Served> {
  const requests: string[] = [];
  let listener: RequestListener | undefined;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    listener?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  listener = answer(host);
  return {
    host,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const clientOf = (host: string) =>
  new Registry(
    {
      registry: host,
      repository: 'acme/web',
      username: 'builder',
      password: 'open sesame',
      expires_at: '2100-01-01T00:00:00.000Z',
      insecure: true,
      remedy: '',
    },
    new AbortController().signal,
  );

/** A registry that wants tokens, and the server that sells each for one request. */
function tokenRegistry(realmOf: (host: string) => string) {
  let sold = 0;
  return (host: string): RequestListener =>
    (request, response) => {
      if (request.url?.startsWith('/token?')) {
        if (request.headers.authorization !== basicOf('builder', 'open sesame'))
          return void response.writeHead(401).end();
        sold += 1;
        return void response.end(JSON.stringify({ token: `token-${sold}` }));
      }
      if (sold === 0 || request.headers.authorization !== `Bearer token-${sold}` || isSpent(request, sold)) {
        const challenge = `Bearer realm="${realmOf(host)}",service="registry.test",scope="repository:acme/web:pull"`;
        return void response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
      response.writeHead(200, { 'content-type': TYPE }).end(MANIFEST);
    };
}

/** Each token is good until the next path is asked for. */
const isSpent = (request: IncomingMessage, sold: number): boolean =>
  !(request.url ?? '').endsWith(`/v${sold}`);

describe('a registry that wants tokens', () => {
  test('gets one that may push to this repository, and a new one when it has expired', async () => {
    await using served = await serve(tokenRegistry((host) => `http://${host}/token`));
    const registry = clientOf(served.host);

    const first = await registry.manifest('v1');
    const second = await registry.manifest('v2');

    const bought = 'GET /token?service=registry.test&scope=repository%3Aacme%2Fweb%3Apull%2Cpush';
    expect(first?.digest).toBe(manifestOf(Buffer.from(MANIFEST), TYPE).digest);
    expect(second).toEqual(first);
    expect(served.requests.filter((request) => request === bought)).toHaveLength(2);
  });

  test('gets no password for a token server that could be listened to', async () => {
    // Asked, it would be away: there is no such host.
    const challenge = 'Bearer realm="http://tokens.invalid/token"';
    await using served = await serve(
      () => (_, response) => void response.writeHead(401, { 'www-authenticate': challenge }).end(),
    );

    await expect(clientOf(served.host).manifest('v1')).rejects.toMatchObject({ kind: 'refused' });
  });
});

describe('what a registry answers', () => {
  test.each([
    [401, 'refused', 1],
    [403, 'refused', 1],
    [400, 'broken', 1],
    [503, 'away', 7],
  ] as const)('%i is %s, and asked for %i times', async (status, kind, times) => {
    const said = { errors: [{ code: 'X', message: 'as it says' }] };
    await using served = await serve(
      () => (_, response) => void response.writeHead(status).end(JSON.stringify(said)),
    );

    const asked = clientOf(served.host).manifest('v1');

    await expect(asked).rejects.toMatchObject({ kind, message: expect.stringContaining('"as it says"') });
    expect(served.requests).toHaveLength(times);
  });

  test('of more than 4 MiB is no manifest', async () => {
    await using served = await serve(
      () => (_, response) => void response.end(Buffer.alloc(4 * 1024 ** 2 + 1)),
    );

    await expect(clientOf(served.host).manifest('v1')).rejects.toMatchObject({ kind: 'away' });
  });

  test('of a tag that may not move is no error', async () => {
    await using served = await serve(() => (_, response) => void response.writeHead(400).end());

    expect(await clientOf(served.host).tag('v1', manifestOf(Buffer.from(MANIFEST), TYPE))).toBe(false);
  });

  test('of a push that is allowed is an upload, which is given up', async () => {
    await using served = await serve(() => (request, response) => {
      const location = { location: '/v2/acme/web/blobs/uploads/1?state=x' };
      response.writeHead(request.method === 'POST' ? 202 : 204, location).end();
    });

    await clientOf(served.host).assertPushable();

    expect(served.requests).toEqual([
      'POST /v2/acme/web/blobs/uploads/',
      'DELETE /v2/acme/web/blobs/uploads/1?state=x',
    ]);
  });

  test('leads the credential to no other host', async () => {
    await using stranger = await serve(() => (_, response) => void response.end());
    await using served = await serve(
      () => (_, response) =>
        void response.writeHead(202, { location: `http://${stranger.host}/upload` }).end(),
    );

    await clientOf(served.host).assertPushable();

    expect(stranger.requests).toEqual([]);
  });
});

describe('a manifest', () => {
  const of = (value: unknown) => manifestOf(Buffer.from(JSON.stringify(value)), TYPE);

  test.each([
    ['its configuration', of({ config: { digest: 'sha256:c0' } }), 'sha256:c0', true],
    ['itself', of({ a: 1 }), of({ a: 1 }).digest, true],
    ['one of its platforms', of({ manifests: [{ digest: 'sha256:m1' }] }), 'sha256:m1', true],
    ['another image', of({ config: { digest: 'sha256:c0' } }), 'sha256:c1', false],
    ['nothing, when it is no JSON', manifestOf(Buffer.from('<html>'), TYPE), 'sha256:c0', false],
  ])('is of %s', (_, manifest, id, expected) => {
    expect(isOf(manifest, id)).toBe(expected);
  });
});
