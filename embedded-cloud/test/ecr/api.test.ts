/** ECR's API with AWS's own client. */
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
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
  repositoryArn,
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

describe('a repository', () => {
  test('is as it was asked for, and says where its images are', async () => {
    const created = await cloud.client.send(
      new CreateRepositoryCommand({
        repositoryName: 'team/asked',
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/mine' },
        tags: [{ Key: 'team', Value: 'a' }],
      }),
    );
    const described = await cloud.client.send(
      new DescribeRepositoriesCommand({ repositoryNames: ['team/asked'] }),
    );

    expect(created.repository).toEqual({
      repositoryArn: repositoryArn('team/asked'),
      registryId: ACCOUNT,
      repositoryName: 'team/asked',
      repositoryUri: `${await cloud.host}/team/asked`,
      createdAt: expect.any(Date),
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/mine' },
    });
    expect(described.repositories).toEqual([created.repository]);
  });

  test('is made once', async () => {
    const again = cloud.client.send(new CreateRepositoryCommand({ repositoryName }));

    await expect(again).rejects.toMatchObject({
      name: 'RepositoryAlreadyExistsException',
      message: `The repository with name '${repositoryName}' already exists in the registry with id '${ACCOUNT}'`,
    });
  });

  test.each(['A', 'a', 'a//b', '/a', 'a/', 'a..b', '-a', 'a b', 'x'.repeat(257)])(
    'cannot be named %j',
    async (name) => {
      const create = cloud.client.send(new CreateRepositoryCommand({ repositoryName: name }));

      await expect(create).rejects.toMatchObject({ name: 'InvalidParameterException' });
    },
  );

  test('is configured later as well', async () => {
    await cloud.client.send(
      new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }),
    );
    await cloud.client.send(
      new PutImageScanningConfigurationCommand({
        repositoryName,
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );

    const { repositories } = await cloud.client.send(
      new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
    );
    expect(repositories?.[0]).toMatchObject({
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
    });
  });

  test('carries tags', async () => {
    const resourceArn = repositoryArn(repositoryName);
    await cloud.client.send(
      new TagResourceCommand({
        resourceArn,
        tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      }),
    );
    await cloud.client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));

    const { tags } = await cloud.client.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual([{ Key: 'b', Value: '2' }]);
  });

  test('that does not exist is told so by every action', async () => {
    const absent = { repositoryName: 'absent' };
    const imageIds = [{ imageTag: 'v1' }];
    const lifecyclePolicyText = LIFECYCLE;
    const calls = [
      () => cloud.client.send(new DescribeRepositoriesCommand({ repositoryNames: ['absent'] })),
      () => cloud.client.send(new DeleteRepositoryCommand(absent)),
      () => cloud.client.send(new DescribeImagesCommand(absent)),
      () => cloud.client.send(new ListImagesCommand(absent)),
      () => cloud.client.send(new BatchGetImageCommand({ ...absent, imageIds })),
      () => cloud.client.send(new BatchDeleteImageCommand({ ...absent, imageIds })),
      () => cloud.client.send(new PutLifecyclePolicyCommand({ ...absent, lifecyclePolicyText })),
      () => cloud.client.send(new ListTagsForResourceCommand({ resourceArn: repositoryArn('absent') })),
    ];

    for (const call of calls)
      await expect(call()).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  });

  test('is listed page by page', async () => {
    const first = await cloud.client.send(new DescribeRepositoriesCommand({ maxResults: 1 }));
    const rest = await cloud.client.send(new DescribeRepositoriesCommand({ nextToken: first.nextToken }));

    const names = [...(first.repositories ?? []), ...(rest.repositories ?? [])].map(
      (one) => one.repositoryName,
    );
    expect(first.repositories).toHaveLength(1);
    expect(names).toContain(repositoryName);
    expect(names).toEqual(names.toSorted());
  });

  test('lets those in whom its own policy names', async () => {
    const role = await cloud.as('puller');
    const policyText = JSON.stringify({
      Statement: {
        Effect: 'Allow',
        Action: 'ecr:ListImages',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/puller` },
      },
    });
    const list = () => role.send(new ListImagesCommand({ repositoryName }));
    const noPolicy = { name: 'RepositoryPolicyNotFoundException' };

    await expect(list()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(cloud.client.send(new GetRepositoryPolicyCommand({ repositoryName }))).rejects.toMatchObject(
      noPolicy,
    );
    await cloud.client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
    const { policyText: set } = await cloud.client.send(new GetRepositoryPolicyCommand({ repositoryName }));
    expect(set).toBe(policyText);
    await expect(list()).resolves.toMatchObject({ imageIds: [] });
    await cloud.client.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
    await expect(list()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

const LIFECYCLE = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'Nobody can name them any more',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
});

describe('a lifecycle policy', () => {
  test('is put, read and deleted', async () => {
    const get = () => cloud.client.send(new GetLifecyclePolicyCommand({ repositoryName }));
    await expect(get()).rejects.toMatchObject({ name: 'LifecyclePolicyNotFoundException' });

    await cloud.client.send(
      new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: LIFECYCLE }),
    );
    expect((await get()).lifecyclePolicyText).toBe(LIFECYCLE);

    await cloud.client.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
    await expect(get()).rejects.toMatchObject({ name: 'LifecyclePolicyNotFoundException' });
  });

  test.each([
    ['no JSON', 'x'.repeat(100)],
    ['without a unit', LIFECYCLE.replace('"countUnit":"days",', '')],
    ['with another action', LIFECYCLE.replace('"expire"', '"archive"')],
    ['for tagged images without saying which', LIFECYCLE.replace('"untagged"', '"tagged"')],
  ])('%s is refused', async (_, lifecyclePolicyText) => {
    const put = cloud.client.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));

    await expect(put).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
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

test('the token names the registry, and is good for twelve hours', async () => {
  const { authorizationData } = await cloud.client.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData ?? [];

  expect(data?.proxyEndpoint).toBe(`http://${await cloud.host}`);
  const hours = ((data?.expiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(11.9);
  expect(hours).toBeLessThanOrEqual(12);
});
