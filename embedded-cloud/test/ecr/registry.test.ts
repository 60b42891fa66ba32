/** The registry's own port, spoken to by plain HTTP as the distribution specification has it. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { CreateRepositoryCommand, DeleteRepositoryCommand } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DOCKER_MANIFEST,
  digestOf,
  errorOf,
  OCI_INDEX,
  OCI_MANIFEST,
  PULL,
  PUSH,
  passwordOf,
  Registry,
  type RegistryCloud,
  repositoryArn,
  startRegistryCloud,
} from './cloud.ts';

let cloud: RegistryCloud;
let registry: Registry;
beforeAll(async () => {
  cloud = await startRegistryCloud();
  registry = new Registry(await cloud.host, await passwordOf(cloud.client));
  for (const repositoryName of ['team/web', 'team/other', 'lone'])
    await cloud.client.send(new CreateRepositoryCommand({ repositoryName }));
  await cloud.client.send(
    new CreateRepositoryCommand({ repositoryName: 'team/fixed', imageTagMutability: 'IMMUTABLE' }),
  );
});
afterAll(() => cloud[Symbol.asyncDispose]());

const begin = async (repository = 'team/web') => {
  const begun = await registry.fetch(`/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  return begun.headers.get('location') ?? '';
};
const patch = (location: string, body: string, range?: string) =>
  registry.fetch(location, {
    method: 'PATCH',
    body,
    headers: range === undefined ? {} : { 'content-range': range },
  });
const finish = (location: string, digest: string, body?: string) =>
  registry.fetch(`${location}?digest=${digest}`, { method: 'PUT', ...(body === undefined ? {} : { body }) });
const read = async (digest: string, repository = 'team/web') => {
  const response = await registry.fetch(`/v2/${repository}/blobs/${digest}`);
  return response.status === 200 ? response.text() : response.status;
};

describe('a layer', () => {
  test('is pushed in one request, and read again whole', async () => {
    const digest = digestOf('one request');
    const pushed = await registry.fetch(`/v2/team/web/blobs/uploads/?digest=${digest}`, {
      method: 'POST',
      body: 'one request',
    });

    expect(pushed.status).toBe(201);
    expect(pushed.headers.get('location')).toBe(`/v2/team/web/blobs/${digest}`);
    expect(pushed.headers.get('docker-content-digest')).toBe(digest);
    expect(await read(digest)).toBe('one request');
  });

  test('is pushed in chunks, each telling how far the upload has come', async () => {
    const location = await begin();
    const first = await patch(location, 'abc', '0-2');
    const second = await patch(location, 'defg', '3-6');
    const status = await registry.fetch(location);
    const done = await finish(location, digestOf('abcdefghi'), 'hi');

    expect([first.status, first.headers.get('range')]).toEqual([202, '0-2']);
    expect([second.status, second.headers.get('range')]).toEqual([202, '0-6']);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-6']);
    expect(done.status).toBe(201);
    expect(await read(digestOf('abcdefghi'))).toBe('abcdefghi');
    expect((await registry.fetch(location)).status).toBe(404);
  });

  test('is pushed as a stream of unknown length', async () => {
    const location = await begin();
    const chunks = Array.from({ length: 64 }, (_, index) => Buffer.alloc(64 * 1024, index));
    const streamed = await registry.fetch(location, {
      method: 'PATCH',
      body: Readable.toWeb(Readable.from(chunks)),
      duplex: 'half',
    });
    const digest = digestOf(Buffer.concat(chunks));

    expect(streamed.status).toBe(202);
    expect((await finish(location, digest)).status).toBe(201);
    const head = await registry.fetch(`/v2/team/web/blobs/${digest}`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(4 * 1024 * 1024));
  });

  test.each([
    ['begins after the end', '5-7'],
    ['begins before the end', '0-2'],
    ['has another length than it says', '3-9'],
  ])('whose next chunk %s stays as it was', async (_, range) => {
    const location = await begin();
    await patch(location, 'abc', '0-2');

    const refused = await patch(location, 'def', range);

    expect(refused.headers.get('range')).toBe('0-2');
    expect(await errorOf(refused)).toBe('416 RANGE_INVALID');
    expect((await patch(location, 'def', '3-5')).status).toBe(202);
    expect((await finish(location, digestOf('abcdef'))).status).toBe(201);
  });

  test('whose bytes have another digest is none', async () => {
    const location = await begin();

    expect(await errorOf(await finish(location, digestOf('these bytes'), 'other bytes'))).toBe(
      '400 DIGEST_INVALID',
    );
    expect(await read(digestOf('these bytes'))).toBe(404);
    expect(await read(digestOf('other bytes'))).toBe(404);
  });

  test('whose client went away in the middle goes on where its last chunk ended', async () => {
    const location = await begin();
    await patch(location, 'abc');
    const password = Buffer.from(await passwordOf(cloud.client)).toString('base64');
    const [hostname, port] = (await cloud.host).split(':');
    const socket = connect(Number(port), hostname);
    await once(socket, 'ready');
    const head = `PATCH ${location} HTTP/1.1\r\nHost: r\r\nAuthorization: Basic ${password}\r\n`;
    socket.write(`${head}Content-Length: 100\r\n\r\nlost`);
    socket.destroy();

    await expect.poll(async () => (await patch(location, 'def')).status).toBe(202);
    expect((await finish(location, digestOf('abcdef'))).status).toBe(201);
  });

  test('is read in ranges', async () => {
    const digest = await registry.pushLayer('team/web', '0123456789');
    const ranged = (range: string) => registry.fetch(`/v2/team/web/blobs/${digest}`, { headers: { range } });
    const middle = await ranged('bytes=2-4');

    expect([middle.status, middle.headers.get('content-range'), await middle.text()]).toEqual([
      206,
      'bytes 2-4/10',
      '234',
    ]);
    expect(await (await ranged('bytes=7-')).text()).toBe('789');
    expect(await (await ranged('bytes=-1')).text()).toBe('9');
    expect(await errorOf(await ranged('bytes=10-'))).toBe('416 RANGE_INVALID');
  });

  test('of no bytes is a layer too', async () => {
    const digest = await registry.pushLayer('team/web', '');

    expect(await read(digest)).toBe('');
  });

  test('belongs to its repository only, until another one mounts it', async () => {
    const digest = await registry.pushLayer('team/web', 'to be mounted');
    expect(await read(digest, 'team/other')).toBe(404);

    const mounted = await registry.fetch(`/v2/team/other/blobs/uploads/?mount=${digest}&from=team/web`, {
      method: 'POST',
    });

    expect(mounted.status).toBe(201);
    expect(await read(digest, 'team/other')).toBe('to be mounted');
  });

  test('that cannot be mounted is uploaded instead', async () => {
    const from = async (query: string) =>
      (await registry.fetch(`/v2/team/web/blobs/uploads/?${query}`, { method: 'POST' })).status;

    expect(await from(`mount=${digestOf('nowhere')}&from=team/other`)).toBe(202);
    expect(await from(`mount=${digestOf('nowhere')}&from=team/absent`)).toBe(202);
    expect(await from(`mount=${digestOf('nowhere')}`)).toBe(202);
  });

  test('whose upload was cancelled is not there', async () => {
    const location = await begin();
    await patch(location, 'cancelled');

    expect((await registry.fetch(location, { method: 'DELETE' })).status).toBe(204);
    expect(await errorOf(await finish(location, digestOf('cancelled')))).toBe('404 BLOB_UPLOAD_UNKNOWN');
  });
});

describe('an image', () => {
  test.each([
    ['OCI', OCI_MANIFEST],
    ['Docker', DOCKER_MANIFEST],
  ])('of %s is read by tag and by digest, byte for byte', async (name, mediaType) => {
    const manifest = { ...(await registry.image('team/web', `layer of ${name}`)), mediaType };
    const text = JSON.stringify(manifest, undefined, 3);
    const put = await registry.fetch(`/v2/team/web/manifests/${name}`, {
      method: 'PUT',
      body: text,
      headers: { 'content-type': mediaType },
    });
    expect([put.status, put.headers.get('docker-content-digest')]).toEqual([201, digestOf(text)]);

    for (const reference of [name, digestOf(text)]) {
      const got = await registry.fetch(`/v2/team/web/manifests/${reference}`);
      const head = await registry.fetch(`/v2/team/web/manifests/${reference}`, { method: 'HEAD' });
      expect(await got.text()).toBe(text);
      for (const { headers } of [got, head]) {
        expect(headers.get('content-type')).toBe(mediaType);
        expect(headers.get('docker-content-digest')).toBe(digestOf(text));
        expect(headers.get('content-length')).toBe(String(text.length));
      }
    }
  });

  test('of many platforms is an index of images that are there', async () => {
    const amd64 = await registry.image('team/web', 'for amd64');
    const entry = { mediaType: OCI_MANIFEST, digest: digestOf(JSON.stringify(amd64)), size: 1 };
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] };

    const early = await registry.putManifest('team/web', 'many', index, OCI_INDEX);
    await registry.putManifest('team/web', entry.digest, amd64);
    const late = await registry.putManifest('team/web', 'many', index, OCI_INDEX);

    expect(await errorOf(early)).toBe('404 MANIFEST_BLOB_UNKNOWN');
    expect(late.status).toBe(201);
  });

  test.each<[string, object, string | undefined, string]>([
    [
      'without its layers',
      { config: { digest: digestOf('absent'), size: 1 }, layers: [] },
      undefined,
      '404 MANIFEST_BLOB_UNKNOWN',
    ],
    [
      'with nonsense for a digest',
      { config: { digest: 'sha256:abc', size: 1 }, layers: [] },
      undefined,
      '400 MANIFEST_INVALID',
    ],
    ['without layers or manifests', {}, undefined, '400 MANIFEST_INVALID'],
    ['of another type than it says', { mediaType: DOCKER_MANIFEST }, OCI_MANIFEST, '400 MANIFEST_INVALID'],
    [
      'of the first schema',
      {},
      'application/vnd.docker.distribution.manifest.v1+json',
      '400 MANIFEST_INVALID',
    ],
    ['with layers and manifests', { layers: [], manifests: [] }, OCI_INDEX, '400 MANIFEST_INVALID'],
  ])('%s is refused', async (_, manifest, type, error) => {
    const put = await registry.putManifest('team/web', 'bad', { schemaVersion: 2, ...manifest }, type);

    expect(await errorOf(put)).toBe(error);
    expect((await registry.fetch('/v2/team/web/manifests/bad')).status).toBe(404);
  });

  test.each([
    ['another digest than its bytes have', digestOf('other'), '400 DIGEST_INVALID'],
    ['a digest that is none', 'sha256:abc', '400 DIGEST_INVALID'],
    ['a tag that is none', '-latest', '400 TAG_INVALID'],
  ])('put under %s is refused', async (_, reference, error) => {
    const manifest = await registry.image('team/web', 'for a wrong name');

    expect(await errorOf(await registry.putManifest('team/web', reference, manifest))).toBe(error);
  });

  test('gives up its tag to another one, but not where tags are immutable', async () => {
    const [first, second] = [await registry.image('team/web', 'v1'), await registry.image('team/web', 'v2')];
    const moved = [
      await registry.putManifest('team/web', 'moving', first),
      await registry.putManifest('team/web', 'moving', second),
    ];
    const fixed = await registry.image('team/fixed', 'v1');
    const kept = [
      await registry.putManifest('team/fixed', 'v', fixed),
      await registry.putManifest('team/fixed', 'v', fixed),
      await registry.putManifest('team/fixed', 'v', await registry.image('team/fixed', 'v2')),
    ];

    expect(moved.map(({ status }) => status)).toEqual([201, 201]);
    expect(kept.map(({ status }) => status)).toEqual([201, 201, 400]);
    const [, , refused] = kept;
    expect(await refused?.text()).toContain(
      "The image tag 'v' already exists in the 'team/fixed' repository",
    );
    const now = await registry.fetch('/v2/team/fixed/manifests/v', { method: 'HEAD' });
    expect(now.headers.get('docker-content-digest')).toBe(digestOf(JSON.stringify(fixed)));
  });

  test('is deleted by the API only', async () => {
    const digest = await registry.pushImage('team/web', undefined, 'undeletable');
    const answer = await registry.fetch(`/v2/team/web/manifests/${digest}`, { method: 'DELETE' });

    expect(await errorOf(answer)).toBe('405 UNSUPPORTED');
  });

  test('is found by what it is attached to', async () => {
    const digest = await registry.pushImage('team/web', undefined, 'signed');
    const image = await registry.image('team/web', 'a signature');
    const signature = {
      ...image,
      artifactType: 'application/x-signature',
      subject: { mediaType: OCI_MANIFEST, digest, size: 1 },
    };
    const put = await registry.putManifest('team/web', digestOf(JSON.stringify(signature)), signature);
    const referrers = async (query: string) => {
      const response = await registry.fetch(`/v2/team/web/referrers/${digest}${query}`);
      return JSON.stringify(await response.json());
    };

    expect(put.headers.get('oci-subject')).toBe(digest);
    expect(await referrers('')).toContain(digestOf(JSON.stringify(signature)));
    expect(await referrers('?artifactType=application/x-bom')).toContain('"manifests":[]');
  });
});

describe('tags', () => {
  test('are listed page by page in lexical order', async () => {
    const image = await registry.image('team/other', 'with many tags');
    for (const tag of ['c', 'a', 'd', 'b']) await registry.putManifest('team/other', tag, image);

    const first = await registry.fetch('/v2/team/other/tags/list?n=3');
    const next = /<(.*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await registry.fetch(next);

    expect(await first.json()).toEqual({ name: 'team/other', tags: ['a', 'b', 'c'] });
    expect(await second.json()).toEqual({ name: 'team/other', tags: ['d'] });
    expect(second.headers.get('link')).toBeNull();
  });
});

describe('who may do what', () => {
  test('is nothing for whoever has no token, or one that was changed', async () => {
    const host = await cloud.host;
    const password = await passwordOf(cloud.client);
    const asked = (userPassword: string | undefined) => new Registry(host, userPassword).fetch('/v2/');
    const nobody = await asked(undefined);

    expect(nobody.status).toBe(401);
    expect(nobody.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect((await asked(password)).status).toBe(200);
    expect((await asked(password.replace('AWS:', 'aws:'))).status).toBe(401);
    expect((await asked(`${password.slice(0, -8)}AAAAAAAA`)).status).toBe(401);
    expect((await asked('AWS:')).status).toBe(401);
  });

  test('is nothing after twelve hours', async () => {
    const early = new Registry(await cloud.host, await passwordOf(cloud.client));

    cloud.ahead = 12 * 60 * 60 * 1000 + 1000;
    const late = await early.fetch('/v2/');
    cloud.ahead = 0;

    expect(await errorOf(late)).toBe('403 DENIED');
  });

  test('is what the policies of the token’s role say', async () => {
    const digest = await registry.pushImage('team/web', 'shared', 'shared');
    const puller = new Registry(await cloud.host, await passwordOf(await cloud.as('puller')));

    expect((await puller.fetch('/v2/team/web/manifests/shared')).status).toBe(200);
    expect((await puller.fetch(`/v2/team/web/blobs/${digestOf('shared')}`)).status).toBe(200);
    expect((await puller.fetch(`/v2/lone/manifests/${digest}`)).status).toBe(403);
    const push = await puller.fetch('/v2/team/web/blobs/uploads/', { method: 'POST' });
    expect(push.status).toBe(403);
    expect(await push.text()).toContain(
      'assumed-role/puller/test is not authorized to perform: ecr:InitiateLayerUpload on resource: ' +
        repositoryArn('team/web'),
    );
  });

  test('is one repository for a session that was narrowed to it', async () => {
    await registry.pushLayer('team/web', 'of others');
    const session = await cloud.as('pusher', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
        { Effect: 'Allow', Action: PUSH, Resource: repositoryArn('team/other') },
      ],
    });
    const narrowed = new Registry(await cloud.host, await passwordOf(session));
    const stolen = `mount=${digestOf('of others')}&from=team/web`;

    await expect(narrowed.pushImage('team/other', 'mine', 'mine')).resolves.toMatch(/^sha256:/);
    await expect(narrowed.pushImage('team/web', 'mine', 'mine')).rejects.toThrow('no session policy allows');
    expect((await narrowed.fetch('/v2/team/web/manifests/shared')).status).toBe(403);
    expect((await narrowed.fetch(`/v2/team/web/blobs/${digestOf('of others')}`)).status).toBe(403);
    const mount = await narrowed.fetch(`/v2/team/other/blobs/uploads/?${stolen}`, { method: 'POST' });
    expect(mount.status).toBe(202);
    expect((await narrowed.fetch('/v2/team/web/tags/list')).status).toBe(403);
    expect((await narrowed.fetch('/v2/_catalog')).status).toBe(403);
  });

  test.each(PUSH.filter((action) => !PULL.includes(action)))('is no push without %s', async (missing) => {
    const session = await cloud.as('pusher', {
      Statement: [
        { Effect: 'Allow', Action: ['ecr:GetAuthorizationToken'], Resource: '*' },
        { Effect: 'Allow', Action: PUSH.filter((action) => action !== missing), Resource: '*' },
      ],
    });
    const narrowed = new Registry(await cloud.host, await passwordOf(session));

    await expect(narrowed.pushImage('team/web', 'nothing', `without ${missing}`)).rejects.toThrow(
      `not authorized to perform: ${missing}`,
    );
  });

  test('is told before whether a repository exists', async () => {
    const puller = new Registry(await cloud.host, await passwordOf(await cloud.as('puller')));

    expect(await errorOf(await registry.fetch('/v2/absent/tags/list'))).toBe('404 NAME_UNKNOWN');
    expect(await errorOf(await puller.fetch('/v2/absent/manifests/v1'))).toBe('403 DENIED');
    expect(await errorOf(await puller.fetch('/v2/team/absent/manifests/v1'))).toBe('404 NAME_UNKNOWN');
  });
});

test.each([
  ['a name in upper case', '/v2/Team/tags/list', '400 NAME_INVALID'],
  ['a name that climbs', '/v2/a/%2e%2e/b/tags/list', '400 NAME_INVALID'],
  ['no path of the API', '/v1/search', '404 UNSUPPORTED'],
  ['a digest that is none', '/v2/team/web/blobs/sha256:zz', '400 DIGEST_INVALID'],
  ['a layer that is not there', `/v2/team/web/blobs/${digestOf('absent')}`, '404 BLOB_UNKNOWN'],
  ['an image that is not there', '/v2/team/web/manifests/absent', '404 MANIFEST_UNKNOWN'],
  ['an upload that is not there', '/v2/team/web/blobs/uploads/absent', '404 BLOB_UPLOAD_UNKNOWN'],
])('%s is answered with an error of the specification', async (_, path, error) => {
  expect(await errorOf(await registry.fetch(path))).toBe(error);
});

test('a deleted repository and all of its layers are gone', async () => {
  await cloud.client.send(new CreateRepositoryCommand({ repositoryName: 'brief' }));
  await registry.pushImage('brief', 'v1', 'brief');
  const command = { repositoryName: 'brief' };

  await expect(cloud.client.send(new DeleteRepositoryCommand(command))).rejects.toMatchObject({
    name: 'RepositoryNotEmptyException',
  });
  await cloud.client.send(new DeleteRepositoryCommand({ ...command, force: true }));
  await cloud.client.send(new CreateRepositoryCommand(command));

  expect(await read(digestOf('brief'), 'brief')).toBe(404);
  expect((await registry.fetch('/v2/brief/manifests/v1')).status).toBe(404);
});
