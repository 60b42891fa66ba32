/** `AWS::ECR::Repository`. Images stay from start to start; settings follow the template. */
import { z } from 'zod';
import type { Materialized, ResourceRequest } from '../service.ts';
import { parseLifecyclePolicy } from './lifecycle-policy.ts';
import { checkedPolicy } from './policy-actions.ts';
import { newRepository } from './repository-actions.ts';
import { CreateRepository, parsed } from './requests.ts';
import { type EcrState, repositoryArn } from './state.ts';

/** CloudFormation passes booleans as they are or as text. */
const flag = z.union([z.boolean(), z.stringbool()]);

const Properties = z.object({
  RepositoryName: z.string().optional(),
  ImageTagMutability: z.string().optional(),
  ImageTagMutabilityExclusionFilters: z
    .array(
      z.object({
        ImageTagMutabilityExclusionFilterType: z.string(),
        ImageTagMutabilityExclusionFilterValue: z.string(),
      }),
    )
    .default([]),
  ImageScanningConfiguration: z.object({ ScanOnPush: flag.default(false) }).optional(),
  EncryptionConfiguration: z.object({ EncryptionType: z.string(), KmsKey: z.string().optional() }).optional(),
  LifecyclePolicy: z.object({ LifecyclePolicyText: z.string() }).optional(),
  RepositoryPolicyText: z.unknown().optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});

export async function provideRepository(state: EcrState, request: ResourceRequest): Promise<Materialized> {
  const properties = parsed(Properties, request.properties);
  const { EncryptionConfiguration: encryption, LifecyclePolicy: lifecycle } = properties;
  const policy = properties.RepositoryPolicyText;
  const settings = parsed(CreateRepository, {
    // Names of repositories are in lower case, and CloudFormation's generated ones follow.
    repositoryName: properties.RepositoryName ?? request.generatedName.toLowerCase(),
    tags: properties.Tags,
    imageTagMutability: properties.ImageTagMutability,
    imageTagMutabilityExclusionFilters: properties.ImageTagMutabilityExclusionFilters.map((one) => ({
      filterType: one.ImageTagMutabilityExclusionFilterType,
      filter: one.ImageTagMutabilityExclusionFilterValue,
    })),
    imageScanningConfiguration: { scanOnPush: properties.ImageScanningConfiguration?.ScanOnPush },
    encryptionConfiguration: encryption && {
      encryptionType: encryption.EncryptionType,
      kmsKey: encryption.KmsKey,
    },
  });
  const name = settings.repositoryName;
  if (lifecycle !== undefined) parseLifecyclePolicy(lifecycle.LifecyclePolicyText);
  state.repositories.put({
    ...newRepository(settings, state.repositories.find(name)?.created ?? state.cloud.now()),
    lifecycle: lifecycle?.LifecyclePolicyText ?? null,
    policy: policy === undefined ? null : checkedPolicy(JSON.stringify(policy)),
  });
  const RepositoryUri = `${await state.registryHost()}/${name}`;
  return { ref: name, attributes: { Arn: repositoryArn(state, name), RepositoryUri } };
}
