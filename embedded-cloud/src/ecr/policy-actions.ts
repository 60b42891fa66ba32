/** Lifecycle policies and resource policies of repositories. */
import { parsePolicy } from '../iam/policy.ts';
import { type Action, AwsError } from '../service.ts';
import { invalidParameter } from './errors.ts';
import { parseLifecyclePolicy } from './lifecycle-policy.ts';
import * as requests from './requests.ts';
import { parsed } from './requests.ts';
import { authorized, type EcrState } from './state.ts';

export function policyActions(state: EcrState): Record<string, Action> {
  const { cloud, repositories } = state;
  const registryId = cloud.accountId;

  const noLifecyclePolicy = (name: string) =>
    new AwsError(
      'LifecyclePolicyNotFoundException',
      `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${registryId}'`,
    );
  const noRepositoryPolicy = (name: string) =>
    new AwsError(
      'RepositoryPolicyNotFoundException',
      `Repository policy does not exist for the repository with name '${name}' in the registry with id '${registryId}'`,
    );

  return {
    PutLifecyclePolicy(input, call) {
      const { repositoryName, lifecyclePolicyText } = parsed(requests.PutLifecyclePolicy, input);
      const repository = authorized(state, call, 'PutLifecyclePolicy', repositoryName);
      parseLifecyclePolicy(lifecyclePolicyText);
      repositories.put({ ...repository, lifecycle: lifecyclePolicyText });
      return { registryId, repositoryName, lifecyclePolicyText };
    },
    GetLifecyclePolicy(input, call) {
      const { repositoryName } = parsed(requests.OneRepository, input);
      const { lifecycle } = authorized(state, call, 'GetLifecyclePolicy', repositoryName);
      if (lifecycle === null) throw noLifecyclePolicy(repositoryName);
      return { registryId, repositoryName, lifecyclePolicyText: lifecycle };
    },
    DeleteLifecyclePolicy(input, call) {
      const { repositoryName } = parsed(requests.OneRepository, input);
      const repository = authorized(state, call, 'DeleteLifecyclePolicy', repositoryName);
      if (repository.lifecycle === null) throw noLifecyclePolicy(repositoryName);
      repositories.put({ ...repository, lifecycle: null });
      return { registryId, repositoryName, lifecyclePolicyText: repository.lifecycle };
    },
    SetRepositoryPolicy(input, call) {
      const { repositoryName, policyText } = parsed(requests.SetRepositoryPolicy, input);
      const repository = authorized(state, call, 'SetRepositoryPolicy', repositoryName);
      repositories.put({ ...repository, policy: checkedPolicy(policyText) });
      return { registryId, repositoryName, policyText };
    },
    GetRepositoryPolicy(input, call) {
      const { repositoryName } = parsed(requests.OneRepository, input);
      const { policy } = authorized(state, call, 'GetRepositoryPolicy', repositoryName);
      if (policy === null) throw noRepositoryPolicy(repositoryName);
      return { registryId, repositoryName, policyText: policy };
    },
    DeleteRepositoryPolicy(input, call) {
      const { repositoryName } = parsed(requests.OneRepository, input);
      const repository = authorized(state, call, 'DeleteRepositoryPolicy', repositoryName);
      if (repository.policy === null) throw noRepositoryPolicy(repositoryName);
      repositories.put({ ...repository, policy: null });
      return { registryId, repositoryName, policyText: repository.policy };
    },
  };
}

/** @throws AwsError `InvalidParameterException`: a policy must name principals, and no resources, as it has one */
export function checkedPolicy(text: string): string {
  const invalid = (message: string) =>
    invalidParameter(`Invalid parameter at 'PolicyText' failed to satisfy constraint: '${message}'`);
  let statements: ReturnType<typeof parsePolicy>;
  try {
    statements = parsePolicy(text);
  } catch (error) {
    throw invalid(`Invalid repository policy provided: ${error instanceof Error ? error.message : error}`);
  }
  if (statements.some(({ principals }) => principals === undefined))
    throw invalid('Invalid repository policy provided');
  return text;
}
