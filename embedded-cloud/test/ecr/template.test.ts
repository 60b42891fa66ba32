/** Repositories of a template, and what the clock does to their images. */
import {
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  ListImagesCommand,
} from '@aws-sdk/client-ecr';
import { afterEach, expect, test } from 'vitest';
import { type TemporaryAssembly, writeAssembly } from '../../test-kit/assembly.ts';
import { passwordOf, Registry, repositoryArn, startRegistryCloud } from './cloud.ts';

const DAY = 24 * 60 * 60 * 1000;
const LIFECYCLE = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
});
const RESOURCES = {
  Web: {
    Type: 'AWS::ECR::Repository',
    Properties: {
      RepositoryName: 'web',
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: 'true' },
      LifecyclePolicy: { LifecyclePolicyText: LIFECYCLE },
    },
  },
  Unnamed: { Type: 'AWS::ECR::Repository' },
};
const OUTPUTS = {
  Arn: { Value: { 'Fn::GetAtt': ['Web', 'Arn'] } },
  Uri: { Value: { 'Fn::GetAtt': ['Web', 'RepositoryUri'] } },
  Unnamed: { Value: { Ref: 'Unnamed' } },
};

let folder: TemporaryAssembly;
afterEach(() => folder[Symbol.dispose]());

test('a repository of a template keeps its address and its images from start to start', async () => {
  folder = writeAssembly({ App: { Resources: RESOURCES, Outputs: OUTPUTS } });
  const run = async (use: (registry: Registry) => Promise<unknown>) => {
    await using cloud = await startRegistryCloud(folder);
    const registry = new Registry(await cloud.host, await passwordOf(cloud.client));
    const { repositories } = await cloud.client.send(
      new DescribeRepositoriesCommand({ repositoryNames: ['web'] }),
    );
    const { lifecyclePolicyText } = await cloud.client.send(
      new GetLifecyclePolicyCommand({ repositoryName: 'web' }),
    );
    const used = await use(registry);
    return { outputs: cloud.running.outputs, repositories, lifecyclePolicyText, used };
  };

  const first = await run((registry) => registry.pushImage('web', 'v1', 'kept'));
  const second = await run(async (registry) => {
    const head = await registry.fetch('/v2/web/manifests/v1', { method: 'HEAD' });
    return head.headers.get('docker-content-digest');
  });

  expect(second).toEqual(first);
  expect(first.outputs).toMatchObject({
    Arn: repositoryArn('web'),
    Uri: first.repositories?.[0]?.repositoryUri,
    Unnamed: expect.stringMatching(/^app-unnamed-[0-9a-f]{8}$/),
  });
  expect(first.repositories?.[0]).toMatchObject({
    imageTagMutability: 'IMMUTABLE',
    imageScanningConfiguration: { scanOnPush: true },
  });
});

test('its lifecycle policy takes images when their time has come', async () => {
  folder = writeAssembly({ App: { Resources: RESOURCES } });
  const left = async (daysAhead: number) => {
    // A client signs by the real clock, so a cloud of another day can only sweep and be stopped again.
    await (await startRegistryCloud(folder, daysAhead * DAY))[Symbol.asyncDispose]();
    await using cloud = await startRegistryCloud(folder);
    const { imageIds } = await cloud.client.send(new ListImagesCommand({ repositoryName: 'web' }));
    return imageIds?.map(({ imageTag }) => imageTag ?? 'untagged').toSorted();
  };
  {
    await using cloud = await startRegistryCloud(folder);
    const registry = new Registry(await cloud.host, await passwordOf(cloud.client));
    await registry.pushImage('web', 'v1', 'tagged');
    await registry.pushImage('web', undefined, 'untagged');
  }

  expect(await left(13)).toEqual(['untagged', 'v1']);
  expect(await left(15)).toEqual(['v1']);
});
