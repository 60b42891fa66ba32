/** The adapter of registries on the embedded ECR, by AWS's own clients. */

import {
  DescribeRepositoriesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { STSClient } from '@aws-sdk/client-sts';
import { type Quotas, type RunningCloud, startCloud } from 'embedded-cloud';
import { quotasOf } from 'embedded-cloud/quotas';
import { ecr } from 'embedded-cloud/services';
import { type TemporaryAssembly, writeAssembly } from 'embedded-cloud/test-kit/assembly.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ecrImages } from '../../lib/aws/images.ts';
import { ecrRegistry } from '../../lib/aws/registry.ts';
import type { InstallationRegistry } from '../../lib/domain/ports/registry.ts';
import { digestOf, imageOf, registryContract } from '../domain/ports/registry.contract.ts';
import { pusher } from './distribution.ts';

const ACCOUNT = '000000000000';

const TARGET = { projectId: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3', projectSlug: 'hello', service: 'web' };

const role = (RoleName: string, principal: object, actions: string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName,
    AssumeRolePolicyDocument: {
      Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal },
    },
    Policies: [
      {
        PolicyName: 'p',
        PolicyDocument: { Statement: { Effect: 'Allow', Action: actions, Resource: '*' } },
      },
    ],
  },
});

describe('a registry on ECR', () => {
  let folder: TemporaryAssembly;
  let cloud: RunningCloud;
  let client: ECRClient;
  let registry: InstallationRegistry;
  let throttled = false;
  const quotas: Quotas = {
    ...quotasOf('machine', 'us-east-1'),
    rateOf: (action) =>
      throttled && action.startsWith('ecr:') ? { key: action, rate: { burst: 0, perSecond: 0 } } : undefined,
  };
  const config = (credentials: RunningCloud['operator']) => ({
    ...{ endpoint: cloud.endpoint, region: 'us-east-1', maxAttempts: 1 },
    credentials,
  });
  const build = (as: RunningCloud['operator']) =>
    ecrRegistry({
      ecr: new ECRClient(config(as)),
      sts: new STSClient(config(as)),
      pushRole: `arn:aws:iam::${ACCOUNT}:role/push`,
      pullRole: `arn:aws:iam::${ACCOUNT}:role/pull`,
      prefix: 'staithe',
    });
  const imagesAs = (as: RunningCloud['operator']) =>
    ecrImages({ ecr: new ECRClient(config(as)), prefix: 'staithe' });
  beforeAll(async () => {
    folder = writeAssembly({
      App: {
        Resources: {
          Jobs: role('jobs', { Service: 'lambda.amazonaws.com' }, [
            'ecr:BatchGetImage',
            'ecr:CreateRepository',
            'ecr:DeleteRepository',
            'ecr:DescribeImages',
            'ecr:DescribeRepositories',
            'ecr:GetDownloadUrlForLayer',
            'ecr:PutLifecyclePolicy',
            'ecr:TagResource',
          ]),
          // What lib/infrastructure/registry.ts grants to whoever only looks.
          Looks: role('looks', { Service: 'lambda.amazonaws.com' }, [
            'ecr:BatchGetImage',
            'ecr:DescribeRepositories',
            'ecr:GetDownloadUrlForLayer',
          ]),
          Other: role('other', { Service: 'lambda.amazonaws.com' }, []),
          Push: role('push', { AWS: `arn:aws:iam::${ACCOUNT}:role/jobs` }, ['ecr:*']),
        },
      },
    });
    const { assembly, stateDir } = folder;
    cloud = await startCloud({ assembly, stateDir, services: [ecr], log: () => undefined, quotas });
    client = new ECRClient(config(cloud.operator));
    registry = build(cloud.cloud.credentials(`arn:aws:iam::${ACCOUNT}:role/jobs`));
  });
  afterAll(async () => {
    await cloud.stop();
    folder[Symbol.dispose]();
  });

  registryContract(() => ({ registry, tellsTags: true, now: Date.now, ...pusher }));

  test('keeps tags, scans, knows the project, and lets old images go', async () => {
    const { host, repository, insecure } = await registry.ensureRepository(TARGET);
    const { repositories } = await client.send(
      new DescribeRepositoriesCommand({ repositoryNames: [repository] }),
    );
    const made = repositories?.[0];
    const { tags } = await client.send(
      new ListTagsForResourceCommand({ resourceArn: made?.repositoryArn ?? '' }),
    );

    expect([repository, insecure]).toEqual(['staithe/hello/web', true]);
    expect(made?.repositoryUri).toBe(`${host}/${repository}`);
    expect(made?.imageTagMutability).toBe('IMMUTABLE_WITH_EXCLUSION');
    expect(made?.imageTagMutabilityExclusionFilters?.map(({ filter }) => filter)).toEqual([
      'local',
      'local-*',
    ]);
    expect(made?.imageScanningConfiguration).toEqual({ scanOnPush: true });
    expect(tags).toEqual([{ Key: 'staithe:project', Value: TARGET.projectId }]);
  });

  test('removes a repository with its images, and makes a whole one of the same name again', async () => {
    const target = { ...TARGET, service: 'brief' };
    const place = await registry.ensureRepository(target);
    const image = imageOf({ layers: ['a'] });
    const credential = await registry.token(place.repository);
    for (const blob of image.blobs) await pusher.putBlob(place, credential, blob);
    await pusher.putManifest(place, credential, { ...image, reference: 'latest' });

    await registry.removeRepository(target);
    await registry.removeRepository(target);
    const described = await registry.describe(place.repository, digestOf(image.text));
    await registry.ensureRepository(target);

    expect(described).toBeUndefined();
    const policy = new GetLifecyclePolicyCommand({ repositoryName: place.repository });
    expect((await client.send(policy)).lifecyclePolicyText).toContain('untagged');
  });

  test('finds the images of a service, and tells those that are not there', async () => {
    const target = { ...TARGET, service: 'found' };
    const images = imagesAs(cloud.cloud.credentials(`arn:aws:iam::${ACCOUNT}:role/looks`));
    const place = await registry.ensureRepository(target);
    const image = imageOf({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['a'] });
    const credential = await registry.token(place.repository);
    for (const blob of image.blobs) await pusher.putBlob(place, credential, blob);
    await pusher.putManifest(place, credential, { ...image, reference: 'v1' });
    const [held, absent] = [digestOf(image.text), digestOf('nothing')];

    expect(await images.find(target, held)).toMatchObject({
      digest: held,
      repository: `${place.host}/${place.repository}`,
      platforms: ['linux/arm64'],
    });
    expect(await images.find(target, absent)).toBeUndefined();
    expect(await images.find({ ...target, service: 'never' }, held)).toBeUndefined();
    const many = Array.from({ length: 250 }, (_, at) => digestOf(String(at)));
    expect(await images.missing(place.repository, [...many, held, absent])).toEqual([...many, absent]);
    expect(await images.missing('staithe/hello/never', [held])).toEqual([held]);
  });

  test('completes a repository that an earlier process made half', async () => {
    const { repository } = await registry.ensureRepository({ ...TARGET, service: 'half' });
    const older = JSON.stringify({
      rules: [
        {
          rulePriority: 1,
          selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1 },
          action: { type: 'expire' },
        },
      ],
    });
    const of = { repositoryName: repository };
    await client.send(new PutLifecyclePolicyCommand({ ...of, lifecyclePolicyText: older }));

    await build(cloud.operator).ensureRepository({ ...TARGET, service: 'half' });

    const { lifecyclePolicyText } = await client.send(new GetLifecyclePolicyCommand(of));
    expect(lifecyclePolicyText).toContain('"countNumber":500');
  });

  test('gives a credential that opens its own repository and no other', async () => {
    const mine = await registry.ensureRepository({ ...TARGET, service: 'mine' });
    const other = await registry.ensureRepository({ ...TARGET, service: 'mine-too' });
    const credential = await registry.token(mine.repository);
    const image = imageOf({ layers: ['a secret'] });
    const owner = await registry.token(other.repository);
    for (const blob of image.blobs) await pusher.putBlob(other, owner, blob);
    await pusher.putManifest(other, owner, { ...image, reference: 'v1' });
    const read = (path: string) =>
      fetch(`http://${other.host}/v2/${other.repository}/${path}`, {
        headers: {
          authorization: `Basic ${Buffer.from(`AWS:${credential.password}`).toString('base64')}`,
        },
      });

    expect(credential.username).toBe('AWS');
    await expect(pusher.putBlob(mine, credential, 'a layer')).resolves.toBeUndefined();
    await expect(pusher.putBlob(other, credential, 'a layer')).rejects.toThrow('no session policy allows');
    expect((await read('manifests/v1')).status).toBe(403);
    expect((await read(`blobs/${digestOf('a secret')}`)).status).toBe(403);
  });

  test('gives no credential to a function that the push role does not trust', async () => {
    const stranger = build(cloud.cloud.credentials(`arn:aws:iam::${ACCOUNT}:role/other`));

    await expect(stranger.token('staithe/hello/web')).rejects.toMatchObject({
      name: 'RegistryError',
      temporary: false,
      message: expect.stringContaining('not authorized to perform: sts:AssumeRole'),
    });
  });

  test('that throttles may answer later, its API and the registry itself', async () => {
    const place = await registry.ensureRepository(TARGET);
    throttled = true;
    const asked: Promise<unknown>[] = [
      registry.ensureRepository(TARGET),
      registry.token(place.repository),
      registry.describe(place.repository, digestOf('a')),
    ];
    const answers = await Promise.allSettled(asked);
    throttled = false;

    expect(answers).toHaveLength(3);
    for (const answer of answers)
      expect(answer).toMatchObject({
        status: 'rejected',
        reason: { temporary: true, message: expect.stringMatching(/Rate exceeded/) },
      });
    expect(await registry.ensureRepository(TARGET)).toEqual(place);
  });

  test('that is away may be there later', async () => {
    const nowhere = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', maxAttempts: 1 };
    const credentials = cloud.operator;
    const away = ecrRegistry({
      ecr: new ECRClient({ ...nowhere, credentials }),
      sts: new STSClient({ ...nowhere, credentials }),
      pushRole: `arn:aws:iam::${ACCOUNT}:role/push`,
      pullRole: `arn:aws:iam::${ACCOUNT}:role/pull`,
      prefix: 'staithe',
    });

    await expect(away.ensureRepository(TARGET)).rejects.toMatchObject({ temporary: true });
  });
});
