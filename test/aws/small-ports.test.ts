/** The small adapters: the probe, secrets, trees of stored archives, time and randomness. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpProbe } from '../../lib/aws/probe.ts';
import type { Resolve } from '../../lib/aws/public-lookup.ts';
import { secretReader } from '../../lib/aws/secrets.ts';
import { setting } from '../../lib/aws/settings.ts';
import { storedTrees } from '../../lib/aws/trees.ts';
import { randomness } from '../../lib/aws/world.ts';
import { ArchiveUnreadable } from '../../lib/domain/ports/index.ts';
import type { Question } from '../../lib/domain/ports/probe.ts';
import { tarGz } from '../archive/craft.ts';

const SUCCESS: Question = {
  path: '/',
  isPatient: true,
  isHealthy: ({ status }) => status >= 200 && status < 300,
  follow: false,
};

describe('the probe', () => {
  let server: Server;
  let url: string;
  let asked = 0;
  let answer: RequestListener;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked += 1;
      answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('tells the status of a good answer at once, and where a redirect leads', async () => {
    asked = 0;
    answer = (_, response) => response.writeHead(302, { location: '/login' }).end();

    expect(await httpProbe(true).get(url, SUCCESS)).toMatchObject({ status: 302, location: '/login' });
    expect(asked).toBe(1);
  });

  test('follows redirects to the same host when it shall, and none to another', async () => {
    answer = ({ url: path }, response) =>
      path === '/' ? response.writeHead(307, { location: '/en/' }).end() : response.writeHead(204).end();
    const followed = await httpProbe(true).get(url, { ...SUCCESS, follow: true });
    answer = (_, response) => response.writeHead(302, { location: 'http://198.51.100.7/' }).end();

    expect(followed).toMatchObject({ status: 204 });
    expect(await httpProbe(true).get(url, { ...SUCCESS, follow: true })).toMatchObject({
      status: 302,
      location: 'http://198.51.100.7/',
    });
  });

  test.each(['http://127.0.0.1:1/', 'http://169.254.169.254/latest', 'http://[::1]/', 'http://10.0.0.7/'])(
    'asks %s only where this machine may be asked, and others of a private network never',
    async (address) => {
      expect(await httpProbe(false).get(address, SUCCESS)).toEqual({
        failure: 'it is not an address of the internet',
      });
    },
  );

  test('asks no name that leads into a private network', async () => {
    const inward: Resolve = (_name, _options, callback) =>
      callback(null, [{ address: '10.0.0.7', family: 4 }]);

    expect(await httpProbe(true, inward).get('http://intranet.example.com/', SUCCESS)).toEqual({
      failure: 'it is not an address of the internet.',
    });
  });

  test('forgives a function that is not there yet', async () => {
    asked = 0;
    answer = (_, response) => response.writeHead(asked < 3 ? 403 : 200).end();

    expect(await httpProbe(true).get(url, SUCCESS)).toMatchObject({ status: 200 });
    expect(asked).toBe(3);
  });

  test('tells the last status of one that stays broken', async () => {
    asked = 0;
    answer = (_, response) => response.writeHead(503).end();

    expect(await httpProbe(true).get(url, SUCCESS)).toMatchObject({ status: 503 });
    expect(asked).toBe(5);
  });

  test('tells why there was no answer', async () => {
    answer = (_, response) => response.destroy();

    expect(await httpProbe(true).get(url, SUCCESS)).toEqual({
      failure: expect.stringMatching(/closed|socket|reset/i),
    });
  });
});

describe('a secret', () => {
  test('is read once, and again after a failure', async () => {
    const client = new SecretsManagerClient({ region: 'us-east-1' });
    const manager = mockClient(client);
    manager.on(GetSecretValueCommand).rejectsOnce(new Error('throttled')).resolves({ SecretString: 'key' });
    const read = secretReader('staithe/key', client);

    await expect(read()).rejects.toThrow('throttled');
    const both = await Promise.all([read(), read()]);

    expect(both).toEqual(['key', 'key']);
    expect(manager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  test('of bytes instead of text is an error that names it', async () => {
    const client = new SecretsManagerClient({ region: 'us-east-1' });
    mockClient(client).on(GetSecretValueCommand).resolves({});

    await expect(secretReader('staithe/key', client)()).rejects.toThrow('staithe/key');
  });
});

describe('a stored tree', () => {
  const read = (bytes: Buffer, stripComponents = 0) =>
    storedTrees({ read: async () => Readable.from([bytes]) }).survey({
      key: 'k',
      format: 'tar.gz',
      stripComponents,
      names: ['staithe.yaml', 'staithe.yml'],
      maxBytes: 100,
    });

  test('gives the manifest at its root, below the folder that a git host adds', async () => {
    const plain = await read(tarGz({ name: 'staithe.yaml', content: 'a' }));
    const wrapped = await read(tarGz({ name: 'hello-1234/staithe.yml', content: 'b' }), 1);

    expect([plain.entry?.name, plain.entry?.bytes.toString()]).toEqual(['staithe.yaml', 'a']);
    expect([wrapped.entry?.name, wrapped.entry?.bytes.toString()]).toEqual(['staithe.yml', 'b']);
  });

  test('without one gives nothing', async () => {
    const { entry, treeDigest } = await read(tarGz({ name: 'deep/staithe.yaml', content: 'a' }));

    expect(entry).toBeUndefined();
    expect(treeDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test.each([
    ['bytes that are no archive', Buffer.from('not a tar.gz')],
    ['a manifest beyond the limit', tarGz({ name: 'staithe.yaml', content: 'x'.repeat(101) })],
    ['a manifest that is a link', tarGz({ name: 'staithe.yaml', type: '2', linkName: '/etc/passwd' })],
  ])('of %s cannot be read, and says why', async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow(ArchiveUnreadable);
  });

  test('that storage does not give is no verdict about the archive', async () => {
    const trees = storedTrees({ read: () => Promise.reject(new Error('S3 is away')) });
    const entry = trees.survey({
      key: 'k',
      format: 'zip',
      stripComponents: 0,
      names: ['staithe.yaml'],
      maxBytes: 1,
    });

    await expect(entry).rejects.toThrow('S3 is away');
  });
});

test('a function without its settings does not start, and says which is missing', () => {
  expect(() => setting('STAITHE_EVENT_BUS')).toThrow('STAITHE_EVENT_BUS');
});

test('ids grow, and secrets are 32 bytes that never repeat', () => {
  const ids = Array.from({ length: 100 }, () => randomness.ulid(1_000));
  const secrets = Array.from({ length: 100 }, () => randomness.secret());

  expect(ids.toSorted()).toEqual(ids);
  expect(new Set([...ids, ...secrets]).size).toBe(200);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
});
