/** What every action of ECR works with. */
import type { Call, Cloud, ConditionValues } from '../service.ts';
import type { AuthorizationTokens } from './authorization-token.ts';
import { repositoryNotFound } from './errors.ts';
import type { Layers } from './layers.ts';
import type { Repository } from './schema.ts';
import type { RepositoryStore } from './store.ts';

export interface EcrState {
  readonly cloud: Cloud;
  readonly repositories: RepositoryStore;
  readonly layers: Layers;
  readonly tokens: AuthorizationTokens;
  /** `127.0.0.1:PORT`, where the registry listens. */
  registryHost(): Promise<string>;
}

export function repositoryArn({ cloud }: EcrState, name: string): string {
  return `arn:aws:ecr:${cloud.region}:${cloud.accountId}:repository/${name}`;
}

/** Condition values of tags, e.g. `aws:ResourceTag/team`. */
export function prefixed(prefix: string, tags: Readonly<Record<string, string>>): ConditionValues {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));
}

/** Asks IAM for `ecr:<action>` on a repository, whether or not it exists. */
export function authorize(
  state: EcrState,
  call: Call,
  action: string,
  name: string,
  values: ConditionValues = {},
): void {
  const repository = state.repositories.find(name);
  call.authorize(`ecr:${action}`, repositoryArn(state, name), {
    values: {
      ...prefixed('aws:ResourceTag', repository?.tags ?? {}),
      ...prefixed('ecr:ResourceTag', repository?.tags ?? {}),
      ...values,
    },
    // A repository without a policy has an empty one: services may then do nothing with it.
    resourcePolicies: repository?.policy ? [repository.policy] : [],
  });
}

/** The repository, once the caller may do this with it. @throws AwsError `RepositoryNotFoundException` */
export function authorized(
  state: EcrState,
  call: Call,
  action: string,
  name: string,
  values?: ConditionValues,
): Repository {
  authorize(state, call, action, name, values);
  const repository = state.repositories.find(name);
  if (repository !== undefined) return repository;
  throw repositoryNotFound(name, state.cloud.accountId);
}
