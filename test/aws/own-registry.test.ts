/** Whoever names a registry of his own cannot make the control plane call what only it can reach. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ociRegistry } from '../../lib/aws/oci-registry.ts';
import { assertPublic } from '../../lib/aws/public-address.ts';
import { isPrivate } from '../../lib/domain/public-address.ts';
import { type LocalServer, startLocalServer } from './local-server.ts';

let server: LocalServer;
let host: string;
let realm: string;
let asked: string[];
beforeAll(async () => {
  server = await startLocalServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end();
  });
  host = server.host;
});
afterAll(() => server[Symbol.dispose]());
beforeEach(() => {
  asked = [];
});

const DIGEST = `sha256:${'a'.repeat(64)}`;
const accessOf = (name: string) => ({ host: name, insecure: true, username: 'u', password: 'p' });

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.31.0.1',
  '192.168.1.1',
  '0.0.0.0',
  '255.255.255.255',
  '::1',
  '::',
  'fd00:ec2::254',
  'fe80::1',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
])('%s is no address of the internet', (address) => {
  expect(isPrivate(address)).toBe(true);
});

test.each(['1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])(
  '%s is one',
  (address) => {
    expect(isPrivate(address)).toBe(false);
  },
);

test('a registry on the control plane’s own machine is not called, by its address or its name', async () => {
  for (const name of [host, host.replace('127.0.0.1', 'localhost')]) {
    const described = ociRegistry(accessOf(name)).describe('acme/web', DIGEST);

    await expect(described).rejects.toMatchObject({
      temporary: false,
      message: `${name} is not a public address, so Staithe does not call it.`,
    });
  }
  expect(asked).toEqual([]);
});

test.each([
  'https://169.254.169.254/latest/meta-data',
  'https://localhost:9001/2018-06-01/runtime/invocation/next',
  'https://[::ffff:10.0.0.1]/token',
  'https://0x7f000001/token',
])('the password of a registry that sells tokens at %s is sent nowhere', async (place) => {
  realm = place;
  // As if the registry itself were out in the world.
  const guard = async (url: URL) => (url.host === host ? undefined : assertPublic(url));

  const described = ociRegistry(accessOf(host), guard).describe('acme/web', DIGEST);

  await expect(described).rejects.toThrow('is not a public address');
  expect(asked).toEqual([`/v2/acme/web/manifests/${DIGEST}`]);
});
