import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  digestOf,
  errorOf,
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
