/** The installation's own registry on ECR: a repository for each service of each project, made when it is first needed. */
import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { STSClient } from '@aws-sdk/client-sts';
import { storedImage } from '../domain/image/stored.ts';
import { isLoopback } from '../domain/loopback.ts';
import { OWNER_TAG } from '../domain/owner-tag.ts';
import { type InstallationRegistry, RegistryError, type RegistryTarget } from '../domain/ports/registry.ts';
import { asRegistryError, undefinedOn } from './ecr-errors.ts';
import { imageReader, repositoryUri } from './images.ts';
import { sessionToken } from './registry-token.ts';
import { ecrRepositories, repositoryNameOf } from './repositories.ts';
import { setting } from './settings.ts';

/**
 * Untagged images (a push that ended half-way) go after two weeks, when nobody looks for their cause any more. Of the
 * others the newest 500 stay: ten builds a day for seven weeks, longer than anybody rolls back, and at most $0.50 a
 * month for layers of 10 MB of their own ($0.10 a GB). Without an end a repository grows until somebody sees the bill.
 */
const LIFECYCLE_POLICY = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'Untagged images: pushes that ended half-way',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
    {
      rulePriority: 2,
      description: 'The newest 500 images stay',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 500 },
      action: { type: 'expire' },
    },
  ],
});

/** Of builds that have neither a commit nor a version, with the cells of a matrix: they point at the newest image. */
const MOVABLE_TAGS = ['local', 'local-*'].map((filter) => ({ filterType: 'WILDCARD' as const, filter }));

export interface EcrRegistryOptions {
  readonly ecr: ECRClient;
  readonly sts: STSClient;
  /** The role whose sessions, each narrowed to one repository, push and pull. */
  readonly pushRole: string;
  /** The role whose sessions, each narrowed to the repositories of one project, pull. */
  readonly pullRole: string;
  /** What the names of all repositories begin with, without slash. */
  readonly prefix: string;
}

export function ecrRegistry({
  ecr = new ECRClient(),
  sts = new STSClient(),
  pushRole = setting('STAITHE_REGISTRY_PUSH_ROLE'),
  pullRole = setting('STAITHE_REGISTRY_PULL_ROLE'),
  prefix = setting('STAITHE_REGISTRY_PREFIX'),
}: Partial<EcrRegistryOptions> = {}): InstallationRegistry {
  /** Repositories whose lifecycle policy this process has put: also those that an older version made, or half made. */
  const configured = new Set<string>();

  return {
    ...ecrRepositories({ ecr, prefix }),

    async ensureRepository(target) {
      const repositoryName = repositoryNameOf(prefix, target);
      return asRegistryError(`make the repository ${repositoryName}`, async () => {
        const known = await repositoryUri(ecr, repositoryName);
        const uri = known ?? (await create(ecr, repositoryName, target));
        // One of the same name may have been removed since, with its policy.
        if (known === undefined || !configured.has(repositoryName)) {
          const policy = { repositoryName, lifecyclePolicyText: LIFECYCLE_POLICY };
          await ecr.send(new PutLifecyclePolicyCommand(policy));
          configured.add(repositoryName);
        }
        const host = uri.slice(0, uri.indexOf('/'));
        return { host, repository: uri.slice(host.length + 1), insecure: isLoopback(host) };
      });
    },

    async token(repository) {
      return asRegistryError(`get a credential for ${repository}`, async () => {
        const repositories = await repositoryArn(ecr, pushRole, repository);
        return sessionToken({ ecr, sts }, { roleArn: pushRole, name: repository, repositories });
      });
    },

    async pullToken(projectSlug) {
      const folder = `${prefix}/${projectSlug}`;
      return asRegistryError(`get a credential to pull from ${folder}`, async () => {
        const repositories = await repositoryArn(ecr, pullRole, `${folder}/*`);
        const narrowed = { roleArn: pullRole, name: `pull-${folder}`, repositories };
        const { address, ...credential } = await sessionToken({ ecr, sts }, narrowed);
        const { host } = new URL(address);
        return { address: { host, repository: folder, insecure: isLoopback(host) }, credential };
      });
    },

    async describe(repository, digest) {
      return asRegistryError(`read ${repository}@${digest}`, async () => {
        const stored = await storedImage(imageReader(ecr, repository), digest);
        if (stored === undefined) return undefined;
        const { imageDetails } = await ecr.send(
          new DescribeImagesCommand({ repositoryName: repository, imageIds: [{ imageDigest: digest }] }),
        );
        return { ...stored, tags: (imageDetails?.[0]?.imageTags ?? []).toSorted() };
      });
    },
  };
}

async function create(ecr: ECRClient, repositoryName: string, target: RegistryTarget): Promise<string> {
  const created = await undefinedOn('RepositoryAlreadyExistsException', () =>
    ecr.send(
      new CreateRepositoryCommand({
        repositoryName,
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: MOVABLE_TAGS,
        imageScanningConfiguration: { scanOnPush: true },
        tags: [{ Key: OWNER_TAG, Value: target.projectId }],
      }),
    ),
  );
  // Another job of the same service was first.
  const uri = created?.repository?.repositoryUri ?? (await repositoryUri(ecr, repositoryName));
  if (uri === undefined)
    throw new RegistryError(`ECR does not show the repository ${repositoryName} yet.`, true);
  return uri;
}

/** The ARN of repositories in the account and partition of a role. */
async function repositoryArn(ecr: ECRClient, roleArn: string, repository: string): Promise<string> {
  const [, partition, , , account] = roleArn.split(':');
  return `arn:${partition}:ecr:${await ecr.config.region()}:${account}:repository/${repository}`;
}
