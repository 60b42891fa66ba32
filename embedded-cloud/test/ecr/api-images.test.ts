/** Images by ECR's API, with AWS's own client. */

import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetDownloadUrlForLayerCommand,
  ListImagesCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ACCOUNT,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  passwordOf,
  Registry,
  type RegistryCloud,
  startRegistryCloud,
} from './cloud.ts';

let cloud: RegistryCloud;

let registry: Registry;

let repositoryName: string;

let number = 0;

beforeAll(async () => {
  cloud = await startRegistryCloud();
  registry = new Registry(await cloud.host, await passwordOf(cloud.client));
});

afterAll(() => cloud[Symbol.asyncDispose]());

beforeEach(async () => {
  number += 1;
  repositoryName = `team/service-${number}`;
  await cloud.client.send(new CreateRepositoryCommand({ repositoryName }));
});

describe('images', () => {
  test('are described by digest and tags, with the size of what they hold', async () => {
    const digest = await registry.pushImage(repositoryName, 'v1', 'twelve bytes');
    await registry.pushImage(repositoryName, 'latest', 'twelve bytes');

    const { imageDetails } = await cloud.client.send(
      new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }),
    );

    const config = JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [] },
    });
    expect(imageDetails).toEqual([
      {
        registryId: ACCOUNT,
        repositoryName,
        imageDigest: digest,
        imageTags: ['latest', 'v1'],
        imageSizeInBytes: config.length + 12,
        imagePushedAt: expect.any(Date),
        imageManifestMediaType: OCI_MANIFEST,
        artifactMediaType: 'application/vnd.oci.image.config.v1+json',
      },
    ]);
  });

  test('that are absent are an error to describe, and failures in a batch', async () => {
    const imageIds = [{ imageTag: 'absent' }, { imageDigest: digestOf('absent') }];
    const batch = await cloud.client.send(new BatchGetImageCommand({ repositoryName, imageIds }));

    await expect(
      cloud.client.send(new DescribeImagesCommand({ repositoryName, imageIds })),
    ).rejects.toMatchObject({ name: 'ImageNotFoundException' });
    expect(batch.images).toEqual([]);
    expect(batch.failures?.map(({ imageId, failureCode }) => [imageId, failureCode])).toEqual(
      imageIds.map((id) => [id, 'ImageNotFound']),
    );
  });

  test('are read back as they were put, and tagged anew without a push', async () => {
    const digest = await registry.pushImage(repositoryName, 'v1', 'content');
    const get = async (imageTag: string) =>
      (await cloud.client.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag }] })))
        .images;
    const [image] = (await get('v1')) ?? [];
    const put = (imageTag: string) =>
      cloud.client.send(
        new PutImageCommand({ repositoryName, imageTag, imageManifest: image?.imageManifest }),
      );

    await put('stable');

    expect(digestOf(image?.imageManifest ?? '')).toBe(digest);
    expect((await get('stable'))?.[0]?.imageId).toEqual({ imageDigest: digest, imageTag: 'stable' });
    await expect(put('stable')).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
  });

  test('keep their tags where tags are immutable', async () => {
    await cloud.client.send(
      new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }),
    );
    await registry.pushImage(repositoryName, 'v1', 'first');
    const imageManifest = JSON.stringify(await registry.image(repositoryName, 'second'));

    const put = cloud.client.send(new PutImageCommand({ repositoryName, imageTag: 'v1', imageManifest }));

    await expect(put).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' });
  });

  test('move the tags that a filter leaves out of immutability, and no other', async () => {
    const filters = ['local', 'dev-*'].map((filter) => ({ filterType: 'WILDCARD' as const, filter }));
    const setting = {
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: filters,
    } as const;
    await cloud.client.send(new PutImageTagMutabilityCommand({ repositoryName, ...setting }));
    for (const tag of ['v1', 'local', 'dev-1.2', 'locals'])
      await registry.pushImage(repositoryName, tag, `first ${tag}`);
    const imageManifest = JSON.stringify(await registry.image(repositoryName, 'second'));
    const put = (imageTag: string) =>
      cloud.client.send(new PutImageCommand({ repositoryName, imageTag, imageManifest })).then(
        () => 'moved',
        (error: Error) => error.name,
      );

    const answers = await Promise.all(['v1', 'local', 'dev-1.2', 'locals'].map(put));

    const taken = 'ImageTagAlreadyExistsException';
    expect(answers).toEqual([taken, 'moved', 'moved', taken]);
    const described = new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] });
    expect((await cloud.client.send(described)).repositories).toMatchObject([setting]);
  });

  test.each([
    ['IMMUTABLE_WITH_EXCLUSION', []],
    ['IMMUTABLE', ['local']],
    ['IMMUTABLE_WITH_EXCLUSION', ['a*b*c*']],
  ] as const)('take no setting %s with the filters %j', async (imageTagMutability, filters) => {
    const put = cloud.client.send(
      new PutImageTagMutabilityCommand({
        repositoryName,
        imageTagMutability,
        imageTagMutabilityExclusionFilters: filters.map((filter) => ({ filterType: 'WILDCARD', filter })),
      }),
    );

    await expect(put).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('are listed tag by tag, tagged and untagged apart', async () => {
    const [one, two] = [
      await registry.pushImage(repositoryName, 'a', 'one'),
      await registry.pushImage(repositoryName, undefined, 'two'),
    ];
    await registry.pushImage(repositoryName, 'b', 'one');
    const list = async (tagStatus: 'TAGGED' | 'UNTAGGED') =>
      (await cloud.client.send(new ListImagesCommand({ repositoryName, filter: { tagStatus } }))).imageIds;

    expect(await list('TAGGED')).toEqual([
      { imageDigest: one, imageTag: 'a' },
      { imageDigest: one, imageTag: 'b' },
    ]);
    expect(await list('UNTAGGED')).toEqual([{ imageDigest: two }]);
  });

  test('go with their last tag, or at once by digest', async () => {
    const digest = await registry.pushImage(repositoryName, 'a', 'content');
    await registry.pushImage(repositoryName, 'b', 'content');
    const remove = (...imageIds: { imageTag?: string; imageDigest?: string }[]) =>
      cloud.client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
    const status = async () => (await registry.fetch(`/v2/${repositoryName}/manifests/${digest}`)).status;

    const first = await remove({ imageTag: 'a' });
    expect([first.imageIds, await status()]).toEqual([[{ imageDigest: digest, imageTag: 'a' }], 200]);
    await remove({ imageTag: 'b' });
    expect(await status()).toBe(404);
    const again = await remove({ imageDigest: digest });
    expect(again.failures?.[0]?.failureCode).toBe('ImageNotFound');
  });

  test('that an index names stay as long as the index', async () => {
    const digest = await registry.pushImage(repositoryName, undefined, 'child');
    const index = { schemaVersion: 2, manifests: [{ mediaType: OCI_MANIFEST, digest, size: 1 }] };
    await registry.putManifest(repositoryName, 'many', index, OCI_INDEX);
    const remove = (imageId: object) =>
      cloud.client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [imageId] }));

    const early = await remove({ imageDigest: digest });
    await remove({ imageTag: 'many' });
    const late = await remove({ imageDigest: digest });

    expect(early.failures?.[0]?.failureCode).toBe('ImageReferencedByManifestList');
    expect(late.failures).toEqual([]);
  });

  test('have layers that are asked for, and fetched by a link that needs no credentials', async () => {
    const layerDigest = await registry.pushLayer(repositoryName, 'by a link');
    const absent = digestOf('absent');

    const { layers } = await cloud.client.send(
      new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layerDigest, absent] }),
    );
    const { downloadUrl = '' } = await cloud.client.send(
      new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }),
    );

    expect(layers?.map(({ layerAvailability }) => layerAvailability)).toEqual(['AVAILABLE', 'UNAVAILABLE']);
    expect(await (await fetch(downloadUrl)).text()).toBe('by a link');
    expect((await fetch(`${downloadUrl.slice(0, -4)}AAAA`)).status).toBe(403);
    cloud.ahead = 61 * 60 * 1000;
    const late = await fetch(downloadUrl);
    cloud.ahead = 0;
    expect(late.status).toBe(403);
  });
});
