/** Claims on the CLI before a server whose certificate it does not accept, and before one that it does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Identity, identity } from './certificate.ts';
import { startContractServer } from './contract-server.ts';
import { artifact, source } from './examples.ts';
import { type Home, makeHome } from './process.ts';

const HANDLERS = { getHealth: () => ({ status: 'ok' as const, version: '0.1.0' }) };

let authority: Identity;
beforeAll(() => {
  authority = identity('Test authority');
});

const secureServer = ({ cert, secret }: Identity) =>
  startContractServer(HANDLERS, undefined, { cert, key: secret });

/** @returns how the CLI is made to know the authority */
function trusting(home: Home): { NODE_EXTRA_CA_CERTS: string } {
  const file = join(home.folder, 'authority.pem');
  writeFileSync(file, authority.cert);
  return { NODE_EXTRA_CA_CERTS: file };
}

const EXTRA = 'NODE_EXTRA_CA_CERTS=<file.pem>';

describe('a certificate', () => {
  test.each([
    ['that is self-signed', () => identity('localhost', { host: 'localhost' }), 'it is self-signed', EXTRA],
    [
      'of an authority that is not known here',
      () => identity('localhost', { host: 'localhost', issuer: authority }),
      'its issuer is unknown',
      EXTRA,
    ],
  ])('%s is refused, and the way to trust it named', async (_, make, why, next) => {
    await using server = await secureServer(make());
    using home = makeHome(server.url);

    const { code, stderr } = await home.run(['status']);

    expect(code).toBe(7);
    expect(stderr).toContain(`error: The certificate of ${server.url} is not trusted: ${why} (`);
    expect(stderr).toContain(next);
  });

  test.each([
    ['that has expired', { host: 'localhost', days: -1 }, 'it has expired', 'Renew the certificate'],
    [
      'for another host',
      { host: 'other.example.com' },
      'it is not valid for the host localhost',
      'Use a host name of the certificate',
    ],
  ])('%s is refused also of a known authority, and no other authority advised', async (_, of, why, next) => {
    await using server = await secureServer(identity('localhost', { ...of, issuer: authority }));
    using home = makeHome(server.url);

    const { code, stderr } = await home.run(['status'], { env: trusting(home) });

    expect(code).toBe(7);
    expect(stderr).toContain(`is not trusted: ${why} (`);
    expect(stderr).toContain(`next: ${next}`);
    expect(stderr).not.toContain(EXTRA);
  });

  test('of an authority that NODE_EXTRA_CA_CERTS names is accepted', async () => {
    await using server = await secureServer(identity('localhost', { host: 'localhost', issuer: authority }));
    using home = makeHome(server.url);

    const { code, stderr } = await home.run(['status'], { env: trusting(home) });

    expect(code, stderr).toBe(0);
  });

  test('of the storage is told as one, once, and without what is secret in its URL', async () => {
    await using storage = await secureServer(identity('localhost', { host: 'localhost' }));
    const there = `${storage.url}/bytes?signature=hidden`;
    await using server = await startContractServer({
      getArtifact: () => artifact,
      downloadArtifact: () => ({ location: there }),
      createSource: () => ({
        ...source,
        status: 'pending',
        upload: { method: 'PUT', url: there, headers: {}, expires_at: source.created_at },
      }),
    });
    using home = makeHome(server.url);
    writeFileSync(join(home.folder, 'file'), 'content');

    const up = await home.run(['source', 'create', '--project', 'hello', '--dir', '.']);
    const down = await home.run(['artifact', 'download', artifact.id]);

    for (const { code, stderr } of [up, down]) {
      expect(code).toBe(7);
      expect(stderr).toContain(`error: The certificate of ${storage.url} is not trusted: it is self-signed`);
      expect(stderr).not.toContain('hidden');
      expect(stderr).not.toContain('Retrying');
    }
  });
});
