/** Layers at the registry's own port, spoken to by plain HTTP as the distribution specification has it. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { CreateRepositoryCommand, DeleteRepositoryCommand } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf, errorOf, passwordOf, Registry, type RegistryCloud, startRegistryCloud } from './cloud.ts';

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
