/** The adapter of registries that are nobody's of AWS, on Debian's docker-registry and on servers that answer as told. */

import type { RequestListener } from 'node:http';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ociRegistry } from '../../lib/aws/oci-registry.ts';
import { type RegistryAccess, RegistryError } from '../../lib/domain/ports/registry.ts';
import { digestOf, imageOf, OCI_MANIFEST, registryContract } from '../domain/ports/registry.contract.ts';
import { type DistributionRegistry, PASSWORD, pusher, startDistribution, USERNAME } from './distribution.ts';
import { type LocalServer, startLocalServer } from './local-server.ts';

/** Registries of tests are on this machine, which an installation in AWS does not call (test/aws/own-registry.test.ts). */
const externalRegistry = (access: RegistryAccess) => ociRegistry(access, async () => {});

describe('a registry of somebody’s own', needs('docker-registry'), () => {
  let distribution: DistributionRegistry;
  const access = (more = {}) => ({
    ...{ host: distribution.host, insecure: true, username: USERNAME, password: PASSWORD },
    ...more,
  });
  beforeAll(async () => {
    distribution = await startDistribution();
  });
  afterAll(() => distribution[Symbol.asyncDispose]());

  registryContract(() => ({
    registry: externalRegistry(access()),
    tellsTags: false,
    now: Date.now,
    ...pusher,
  }));

  test('hands out the credential that it was opened with', async () => {
    expect(await externalRegistry(access()).token('a')).toMatchObject({
      username: USERNAME,
      password: PASSWORD,
    });
  });

  test('has no repository whose name leads elsewhere', async () => {
    const described = externalRegistry(access()).describe('../../etc', digestOf('a'));

    await expect(described).rejects.toThrow("'../../etc' is not a valid repository name");
  });

  test.each([
    ['a wrong password', { password: 'wrong' }],
    ['none at all', { username: '', password: '' }],
  ])('refuses %s, for good', async (_, wrong) => {
    const described = externalRegistry(access(wrong)).describe('a/b', digestOf('a'));

    await expect(described).rejects.toMatchObject({ name: 'RegistryError', temporary: false });
  });
});

describe('a registry that asks for tokens', needs('docker-registry'), () => {
  let distribution: DistributionRegistry;
  let front: LocalServer;
  let host: string;
  let challenge: (own: string) => string;
  let leadTo: ((own: string, upstream: string) => string) | undefined;
  let asked: { path: string; authorization: string | undefined }[];
  const basic = `Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}`;

  /** In front of the registry: sells tokens for the password, and lets nobody else in. */
  const serve: RequestListener = (request, response) => {
    const { authorization } = request.headers;
    const url = new URL(request.url ?? '/', `http://${host}`);
    asked.push({ path: url.pathname + url.search, authorization });
    const upstream = `http://${distribution.host}${url.pathname}`;
    if (url.pathname === '/token') {
      const answer = authorization === basic ? { access_token: 'a-token' } : undefined;
      response.writeHead(answer === undefined ? 401 : 200).end(JSON.stringify(answer ?? {}));
    } else if (authorization !== 'Bearer a-token') {
      response.writeHead(401, { 'www-authenticate': challenge(host) }).end();
    } else if (leadTo !== undefined) {
      response.writeHead(307, { location: leadTo(host, upstream) }).end();
    } else {
      fetch(upstream, { headers: { accept: request.headers.accept ?? '*/*', authorization: basic } })
        .then(async (answer) => {
          const type = answer.headers.get('content-type') ?? 'text/plain';
          response.writeHead(answer.status, { 'content-type': type }).end(await answer.bytes());
        })
        .catch(() => response.destroy());
    }
  };
  const image = imageOf({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['x'] });
  const described = () =>
    externalRegistry({ host, insecure: true, username: USERNAME, password: PASSWORD }).describe(
      'acme/web',
      digestOf(image.text),
    );

  beforeAll(async () => {
    distribution = await startDistribution();
    const place = { host: distribution.host, repository: 'acme/web', insecure: true };
    const credential = { username: USERNAME, password: PASSWORD, expiresAt: new Date() };
    for (const blob of image.blobs) await pusher.putBlob(place, credential, blob);
    await pusher.putManifest(place, credential, { ...image, reference: 'v1' });
    front = await startLocalServer(serve);
    host = front.host;
  });
  afterAll(async () => {
    front[Symbol.dispose]();
    await distribution[Symbol.asyncDispose]();
  });
  const reset = () => {
    asked = [];
    leadTo = undefined;
    challenge = (own) => `Bearer realm="http://${own}/token",service="registry.test",scope="x"`;
  };

  test('sells one for the password, which is then used for everything', async () => {
    reset();

    expect(await described()).toMatchObject({ mediaType: OCI_MANIFEST, platforms: ['linux/arm64'] });
    const [, bought, ...rest] = asked;
    expect(bought).toEqual({
      path: '/token?service=registry.test&scope=repository%3Aacme%2Fweb%3Apull',
      authorization: basic,
    });
    expect(rest.map(({ authorization }) => authorization)).toEqual(['Bearer a-token', 'Bearer a-token']);
  });

  test('never gets the password sent to an address of the control plane’s own machine', async () => {
    reset();
    challenge = () => 'Bearer realm="http://127.0.0.1:9001/2018-06-01/runtime/invocation/next"';

    await expect(described()).rejects.toThrow('leads to http://127.0.0.1:9001, which is not HTTPS');
  });

  test('cannot lead there either', async () => {
    reset();
    leadTo = () => 'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next';

    await expect(described()).rejects.toThrow('leads to http://127.0.0.1:9001, which is not HTTPS');
  });

  test('that leads in circles gives no answer', async () => {
    reset();
    leadTo = (own) => `http://${own}/v2/again`;

    await expect(described()).rejects.toThrow('redirects too often');
  });

  test('and then for something else is refused', async () => {
    reset();
    challenge = () => 'Negotiate';

    await expect(described()).rejects.toThrow(RegistryError);
  });
});

const ASTRAY = JSON.stringify({
  config: { digest: '../../../2018-06-01/runtime/invocation/next', size: 1 },
  layers: [],
});

describe('a registry that holds nonsense', () => {
  let server: LocalServer;
  let answer: RequestListener;
  const none = { insecure: true, username: '', password: '' };
  beforeAll(async () => {
    server = await startLocalServer((request, response) => answer(request, response));
  });
  afterAll(() => server[Symbol.dispose]());

  test.each<[string, string, RequestListener, boolean]>([
    ['bytes of another digest', 'gave bytes of the digest', (_, r) => r.end('{}'), false],
    ['a manifest without end', 'more than 4 MiB', (_, r) => r.end(Buffer.alloc(5 * 1024 * 1024)), false],
    ['a failure of its own', 'answered with 503', (_, r) => r.writeHead(503).end(), true],
    ['too many requests', 'answered with 429', (_, r) => r.writeHead(429).end(), true],
    [
      'a digest that leads elsewhere',
      'is no digest',
      (_, r) => r.writeHead(200, { 'content-type': OCI_MANIFEST }).end(ASTRAY),
      false,
    ],
    ['a refusal', 'refused the credentials (403)', (_, r) => r.writeHead(403).end(), false],
    ['no answer', 'gave no answer', (_, r) => r.destroy(), true],
  ])('as %s is told as it is', async (_, message, listener, temporary) => {
    answer = listener;
    const described = externalRegistry({ ...none, host: server.host }).describe('a/b', digestOf(ASTRAY));

    await expect(described).rejects.toMatchObject({
      name: 'RegistryError',
      temporary,
      message: expect.stringContaining(message),
    });
  });
});
