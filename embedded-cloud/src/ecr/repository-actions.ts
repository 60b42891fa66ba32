/** Repositories: create, describe, configure, tag, delete. */
import type { z } from 'zod';
import type { Action, Call } from '../service.ts';
import { invalidParameter, repositoryExists, repositoryNotEmpty } from './errors.ts';
import { described as mutabilityIn } from './mutability.ts';
import * as requests from './requests.ts';
import { paged, parsed } from './requests.ts';
import { mutabilityOf, type Repository } from './schema.ts';
import { authorize, authorized, type EcrState, prefixed, repositoryArn } from './state.ts';

export function repositoryActions(state: EcrState): Record<string, Action> {
  const { cloud, repositories } = state;
  const registryId = cloud.accountId;

  return {
    async CreateRepository(input, call) {
      const request = parsed(requests.CreateRepository, input);
      const tags = tagsOf(request.tags);
      const values = { 'aws:TagKeys': Object.keys(tags), ...prefixed('aws:RequestTag', tags) };
      authorize(state, call, 'CreateRepository', request.repositoryName, values);
      if (request.tags.length > 0) authorize(state, call, 'TagResource', request.repositoryName, values);
      if (repositories.find(request.repositoryName) !== undefined)
        throw repositoryExists(request.repositoryName, registryId);
      const repository = newRepository(request, cloud.now());
      repositories.put(repository);
      return { repository: await described(state, repository) };
    },
    async DescribeRepositories(input, call) {
      const { repositoryNames, ...request } = parsed(requests.DescribeRepositories, input);
      if (repositoryNames === undefined)
        call.authorize('ecr:DescribeRepositories', repositoryArn(state, '*'));
      const found =
        repositoryNames?.map((name) => authorized(state, call, 'DescribeRepositories', name)) ??
        repositories.all();
      const { page, ...next } = paged(found, request);
      return { repositories: await Promise.all(page.map((one) => described(state, one))), ...next };
    },
    async DeleteRepository(input, call) {
      const { repositoryName, force } = parsed(requests.DeleteRepository, input);
      const repository = authorized(state, call, 'DeleteRepository', repositoryName);
      if (!force && repositories.images(repositoryName).length > 0)
        throw repositoryNotEmpty(repositoryName, registryId);
      repositories.remove(repositoryName);
      return { repository: await described(state, repository) };
    },
    PutImageTagMutability(input, call) {
      const { repositoryName, ...setting } = parsed(requests.PutImageTagMutability, input);
      const repository = authorized(state, call, 'PutImageTagMutability', repositoryName);
      repositories.put({
        ...repository,
        mutability: setting.imageTagMutability,
        exclusions: setting.imageTagMutabilityExclusionFilters,
      });
      return { registryId, repositoryName, ...mutabilityIn(setting) };
    },
    PutImageScanningConfiguration(input, call) {
      const { repositoryName, imageScanningConfiguration } = parsed(
        requests.PutImageScanningConfiguration,
        input,
      );
      const repository = authorized(state, call, 'PutImageScanningConfiguration', repositoryName);
      repositories.put({ ...repository, scan_on_push: imageScanningConfiguration.scanOnPush });
      return { registryId, repositoryName, imageScanningConfiguration };
    },
    TagResource(input, call) {
      const request = parsed(requests.TagResource, input);
      const tags = tagsOf(request.tags);
      const values = { 'aws:TagKeys': Object.keys(tags), ...prefixed('aws:RequestTag', tags) };
      const repository = byArn(request.resourceArn, 'TagResource', call, values);
      repositories.put({ ...repository, tags: { ...repository.tags, ...tags } });
      return {};
    },
    UntagResource(input, call) {
      const { resourceArn, tagKeys } = parsed(requests.UntagResource, input);
      const repository = byArn(resourceArn, 'UntagResource', call, { 'aws:TagKeys': tagKeys });
      const kept = Object.entries(repository.tags).filter(([key]) => !tagKeys.includes(key));
      repositories.put({ ...repository, tags: Object.fromEntries(kept) });
      return {};
    },
    ListTagsForResource(input, call) {
      const { resourceArn } = parsed(requests.ListTagsForResource, input);
      const { tags } = byArn(resourceArn, 'ListTagsForResource', call);
      return { tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };

  function byArn(arn: string, action: string, call: Call, values = {}): Repository {
    const prefix = repositoryArn(state, '');
    if (!arn.startsWith(prefix)) {
      throw invalidParameter(
        `Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'`,
      );
    }
    return authorized(state, call, action, arn.slice(prefix.length), values);
  }
}

export function newRepository(
  request: Omit<z.infer<typeof requests.CreateRepository>, 'registryId'>,
  created: number,
): Repository {
  return {
    name: request.repositoryName,
    mutability: request.imageTagMutability,
    exclusions: request.imageTagMutabilityExclusionFilters,
    scan_on_push: request.imageScanningConfiguration.scanOnPush,
    encryption: request.encryptionConfiguration,
    tags: tagsOf(request.tags),
    policy: null,
    lifecycle: null,
    created,
  };
}

async function described(state: EcrState, repository: Repository) {
  return {
    repositoryArn: repositoryArn(state, repository.name),
    registryId: state.cloud.accountId,
    repositoryName: repository.name,
    repositoryUri: `${await state.registryHost()}/${repository.name}`,
    createdAt: repository.created / 1000,
    ...mutabilityIn(mutabilityOf(repository)),
    imageScanningConfiguration: { scanOnPush: repository.scan_on_push },
    encryptionConfiguration: repository.encryption,
  };
}

function tagsOf(tags: readonly { Key: string; Value: string }[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
