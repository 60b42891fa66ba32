/** ECR's API with AWS's own client. */

import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
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
  passwordOf,
  Registry,
  type RegistryCloud,
  repositoryArn,
  startRegistryCloud,
} from './cloud.ts';

let cloud: RegistryCloud;

let _registry: Registry;

let repositoryName: string;

let number = 0;

beforeAll(async () => {
  cloud = await startRegistryCloud();
  _registry = new Registry(await cloud.host, await passwordOf(cloud.client));
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

test('the token names the registry, and is good for twelve hours', async () => {
  const { authorizationData } = await cloud.client.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData ?? [];

  expect(data?.proxyEndpoint).toBe(`http://${await cloud.host}`);
  const hours = ((data?.expiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(11.9);
  expect(hours).toBeLessThanOrEqual(12);
});
