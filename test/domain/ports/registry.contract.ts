/** What the domain relies on in a registry. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Registry, RegistryCredential, RepositoryAddress } from '../../../lib/domain/ports/registry.ts';

export interface RegistryUnderTest {
  readonly registry: Registry;
  /** Puts a blob, as a client with this credential does. */
  putBlob(place: RepositoryAddress, credential: RegistryCredential, bytes: string): Promise<unknown>;
  putManifest(
    place: RepositoryAddress,
    credential: RegistryCredential,
    manifest: { readonly text: string; readonly mediaType: string; readonly reference: string },
  ): Promise<unknown>;
  /** Whether the registry can tell which tags point at a digest. */
  readonly tellsTags: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';

export const digestOf = (text: string | Uint8Array) =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;
const descriptor = (mediaType: string, text: string, more = {}) => ({
  ...{ mediaType, digest: digestOf(text), size: Buffer.byteLength(text) },
  ...more,
});

interface Content {
  readonly platform?: { os: string; architecture: string; variant?: string };
  readonly layers: readonly string[];
  readonly configType?: string;
  readonly mediaType?: string;
}

/** A manifest, and the blobs that it names. */
export function imageOf(content: Content) {
  const { platform, layers, configType = OCI_CONFIG, mediaType = OCI_MANIFEST } = content;
  const config = JSON.stringify({ ...platform, rootfs: { type: 'layers', diff_ids: [] } });
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptor(configType, config),
    layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
  };
  return { text: JSON.stringify(manifest), blobs: [config, ...layers], config, mediaType };
}

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };

export function registryContract(subject: () => RegistryUnderTest): void {
  let number = 0;
  const target = (service = 'web') => ({
    projectId: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    projectSlug: `hello-${number}`,
    service,
  });
  /** A repository that no other test has. */
  const opened = async () => {
    number += 1;
    const { registry } = subject();
    const place = await registry.ensureRepository(target());
    return { place, credential: await registry.token(place.repository) };
  };
  type Opened = Awaited<ReturnType<typeof opened>>;
  const push = async (
    { place, credential }: Opened,
    image: ReturnType<typeof imageOf>,
    reference = digestOf(image.text),
  ) => {
    for (const blob of image.blobs) await subject().putBlob(place, credential, blob);
    await subject().putManifest(place, credential, { ...image, reference });
    return digestOf(image.text);
  };

  describe('a repository', () => {
    test('is the same one however often it is asked for, also by many at once', async () => {
      number += 1;
      const { registry } = subject();

      const places = await Promise.all([1, 2, 3].map(() => registry.ensureRepository(target())));

      expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(1);
      expect(await registry.ensureRepository(target())).toEqual(places[0]);
      expect(places[0]?.repository).toMatch(new RegExp(`hello-${number}/web$`));
    });

    test('is another one for another service', async () => {
      number += 1;
      const { registry } = subject();

      const web = await registry.ensureRepository(target('web'));
      const api = await registry.ensureRepository(target('api'));

      expect(api.host).toBe(web.host);
      expect(api.repository).not.toBe(web.repository);
    });
  });

  test('a credential is good for a while', async () => {
    const { credential } = await opened();
    const minutes = (credential.expiresAt.getTime() - subject().now()) / 60_000;

    expect(minutes).toBeGreaterThan(50);
    expect(minutes).toBeLessThanOrEqual(12 * 60);
  });

  describe('what the registry says of an image', () => {
    test.each([
      ['OCI', OCI_MANIFEST, OCI_CONFIG],
      ['Docker', DOCKER_MANIFEST, DOCKER_CONFIG],
    ])('of %s is its digest, type, size and platform', async (_, mediaType, configType) => {
      const repository = await opened();
      const image = imageOf({ platform: AMD64, layers: ['one layer', 'and another'], mediaType, configType });
      const digest = await push(repository, image, 'v1');

      const described = await subject().registry.describe(repository.place.repository, digest);

      expect(described).toEqual({
        digest,
        mediaType,
        sizeBytes: image.config.length + 'one layer'.length + 'and another'.length,
        platforms: ['linux/amd64'],
        tags: subject().tellsTags ? ['v1'] : [],
      });
    });

    test.each([
      ['OCI', OCI_INDEX, OCI_MANIFEST, OCI_CONFIG],
      ['Docker', DOCKER_LIST, DOCKER_MANIFEST, DOCKER_CONFIG],
    ])('of many platforms (%s) counts a shared layer once, and no attestation', async (...types) => {
      const [, mediaType, manifestType, configType] = types;
      const repository = await opened();
      const variant = { mediaType: manifestType, configType };
      const amd64 = imageOf({ platform: AMD64, layers: ['shared', 'for amd64'], ...variant });
      const arm64 = imageOf({ platform: ARM64, layers: ['shared', 'for arm64'], ...variant });
      const attestation = imageOf({ layers: ['{"predicate": 1}'], ...variant });
      for (const image of [amd64, arm64, attestation]) await push(repository, image);
      const index = JSON.stringify({
        schemaVersion: 2,
        mediaType,
        manifests: [
          descriptor(manifestType, arm64.text, { platform: ARM64 }),
          descriptor(manifestType, amd64.text, { platform: AMD64 }),
          descriptor(manifestType, attestation.text, {
            platform: { os: 'unknown', architecture: 'unknown' },
            annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
          }),
        ],
      });
      const digest = await push(repository, { text: index, blobs: [], config: '', mediaType }, 'v1');

      const described = await subject().registry.describe(repository.place.repository, digest);

      const blobs = ['shared', 'for amd64', 'for arm64', amd64.config, arm64.config];
      expect(described).toEqual({
        digest,
        mediaType,
        sizeBytes: blobs.join('').length,
        platforms: ['linux/amd64', 'linux/arm64/v8'],
        tags: subject().tellsTags ? ['v1'] : [],
      });
    });

    test('that is another artifact is that it runs nowhere', async () => {
      const repository = await opened();
      const configType = 'application/vnd.cncf.helm.config.v1+json';
      const digest = await push(repository, imageOf({ layers: ['a chart'], configType }), 'chart');

      const described = await subject().registry.describe(repository.place.repository, digest);

      expect(described?.platforms).toEqual([]);
    });

    test('that is not there is nothing', async () => {
      const { place } = await opened();
      const absent = digestOf('absent');
      const { registry } = subject();

      expect(await registry.describe(place.repository, absent)).toBeUndefined();
      expect(await registry.describe(`${place.repository}-absent`, absent)).toBeUndefined();
    });

    test('with several tags names those that point at it', async () => {
      const repository = await opened();
      const image = imageOf({ platform: AMD64, layers: ['tagged twice'] });
      for (const tag of ['sha-0f0d3c1', '1.2.3']) await push(repository, image, tag);
      await push(repository, imageOf({ platform: AMD64, layers: ['another'] }), 'other');

      const described = await subject().registry.describe(repository.place.repository, digestOf(image.text));

      expect(described?.tags).toEqual(subject().tellsTags ? ['1.2.3', 'sha-0f0d3c1'] : []);
    });
  });
}
