/** The requests of ECR that are served, as schemas. */
import { z } from 'zod';
import { invalidParameter } from './errors.ts';
import { DIGEST } from './manifest.ts';
import { filtersFit, mutabilityShape } from './mutability.ts';
import { Encryption } from './schema.ts';

const segment = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
/** The name of a repository: 2 to 256 characters, namespaces separated by slashes. */
export const REPOSITORY_NAME = new RegExp(`^(?=.{2,256}$)${segment}(?:/${segment})*$`);
/** The distribution specification's form of a tag. */
export const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

const repositoryName = z
  .string()
  .regex(REPOSITORY_NAME, `must satisfy regular expression '${REPOSITORY_NAME.source}'`);
const registryId = z
  .string()
  .regex(/^\d{12}$/)
  .optional();
const tags = z.array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256).default('') }));
const scanning = z.object({ scanOnPush: z.boolean().default(false) });
const imageIds = z
  .array(
    z.object({
      imageDigest: z.string().regex(DIGEST, 'must satisfy regular expression sha256:[0-9a-f]{64}').optional(),
      imageTag: z.string().min(1).max(300).optional(),
    }),
  )
  .min(1)
  .max(100);
const page = {
  nextToken: z.string().regex(/^\d+$/).optional(),
  maxResults: z.number().int().min(1).max(1000).default(100),
};
const filter = z.object({ tagStatus: z.enum(['TAGGED', 'UNTAGGED', 'ANY']).default('ANY') }).prefault({});

const EXCLUSIONS = "must name filters with, and only with, a mutability '…_WITH_EXCLUSION'";

export const CreateRepository = z
  .object({
    registryId,
    repositoryName,
    tags: tags.max(50).default([]),
    ...mutabilityShape,
    imageTagMutability: mutabilityShape.imageTagMutability.default('MUTABLE'),
    imageScanningConfiguration: scanning.prefault({}),
    encryptionConfiguration: Encryption.default({ encryptionType: 'AES256' }),
  })
  .refine(filtersFit, EXCLUSIONS);
export const DescribeRepositories = z.object({
  registryId,
  repositoryNames: z.array(repositoryName).min(1).max(100).optional(),
  ...page,
});
export const OneRepository = z.object({ registryId, repositoryName });
export const DeleteRepository = OneRepository.extend({ force: z.boolean().default(false) });
export const PutLifecyclePolicy = OneRepository.extend({
  lifecyclePolicyText: z.string().min(100).max(30_720),
});
export const PutImageTagMutability = OneRepository.extend(mutabilityShape).refine(filtersFit, EXCLUSIONS);
export const PutImageScanningConfiguration = OneRepository.extend({ imageScanningConfiguration: scanning });
export const SetRepositoryPolicy = OneRepository.extend({
  policyText: z.string().max(10_240),
  force: z.boolean().default(false),
});
export const DescribeImages = OneRepository.extend({ imageIds: imageIds.optional(), filter, ...page });
export const ListImages = OneRepository.extend({ filter, ...page });
export const BatchGetImage = OneRepository.extend({
  imageIds,
  acceptedMediaTypes: z.array(z.string()).min(1).max(100).optional(),
});
export const BatchDeleteImage = OneRepository.extend({ imageIds });
export const PutImage = OneRepository.extend({
  imageManifest: z.string().min(1).max(4_194_304),
  imageManifestMediaType: z.string().optional(),
  imageTag: z.string().regex(TAG).optional(),
  imageDigest: z.string().optional(),
});
export const BatchCheckLayerAvailability = OneRepository.extend({
  layerDigests: z.array(z.string().max(1000)).min(1).max(100),
});
export const GetDownloadUrlForLayer = OneRepository.extend({ layerDigest: z.string().regex(DIGEST) });
export const ListTagsForResource = z.object({ resourceArn: z.string() });
export const TagResource = ListTagsForResource.extend({ tags });
export const UntagResource = ListTagsForResource.extend({ tagKeys: z.array(z.string()).max(200) });

/** @throws AwsError `InvalidParameterException` that names the offending members */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map(
    (issue) =>
      `Invalid parameter at '${issue.path.join('.')}' failed to satisfy constraint: '${issue.message}'`,
  );
  throw invalidParameter(issues.join('; '));
}

/** One page of a list; the token is the index at which the next one begins. */
export function paged<T>(
  items: readonly T[],
  { nextToken = '0', maxResults }: { nextToken?: string | undefined; maxResults: number },
): { page: readonly T[]; nextToken?: string } {
  const end = Number(nextToken) + maxResults;
  return {
    page: items.slice(Number(nextToken), end),
    ...(end < items.length ? { nextToken: String(end) } : {}),
  };
}
