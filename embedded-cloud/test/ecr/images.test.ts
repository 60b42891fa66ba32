/** Images at the registry's own port, by plain HTTP. */

import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  DOCKER_MANIFEST,
  digestOf,
  errorOf,
  OCI_INDEX,
  OCI_MANIFEST,
  passwordOf,
  Registry,
  type RegistryCloud,
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
