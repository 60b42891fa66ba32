/** The requests of Secrets Manager that are served, as schemas. */
import { z } from 'zod';
import { AwsError } from '../service.ts';
import { Filter } from './filters.ts';

const Tags = z.array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256).default('') }));
const SecretId = z.string().min(1).max(2048);
const Token = z.string().min(32).max(64).optional();
const Value = {
  SecretString: z.string().optional(),
  SecretBinary: z.string().optional(),
  ClientRequestToken: Token,
};
const Name = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9/_+=.@-]+$/, 'must be a name of letters, digits and the characters -/_+=.@!');

export const CreateSecret = z.object({
  Name,
  Description: z.string().optional(),
  KmsKeyId: z.string().optional(),
  Tags: Tags.default([]),
  ...Value,
});
export const GetSecretValue = z.object({
  SecretId,
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});
export const PutSecretValue = z.object({
  SecretId,
  VersionStages: z.array(z.string()).min(1).optional(),
  ...Value,
});
export const UpdateSecret = z.object({
  SecretId,
  Description: z.string().optional(),
  KmsKeyId: z.string().optional(),
  ...Value,
});
export const OneSecret = z.object({ SecretId });
export const DeleteSecret = z.object({
  SecretId,
  // 7 to 30 days to change one's mind; 30 when nothing is said.
  RecoveryWindowInDays: z.number().int().min(7).max(30).optional(),
  ForceDeleteWithoutRecovery: z.boolean().default(false),
});
export const ListSecrets = z.object({
  Filters: z.array(Filter).max(10).default([]),
  IncludePlannedDeletion: z.boolean().default(false),
  MaxResults: z.number().int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
  SortOrder: z.enum(['asc', 'desc']).default('asc'),
});
export const ListSecretVersionIds = z.object({ SecretId, IncludeDeprecated: z.boolean().default(false) });
export const TagResource = z.object({ SecretId, Tags });
export const UntagResource = z.object({ SecretId, TagKeys: z.array(z.string()) });
export const PutResourcePolicy = z.object({ SecretId, ResourcePolicy: z.string() });
export const UpdateSecretVersionStage = z.object({
  SecretId,
  VersionStage: z.string(),
  MoveToVersionId: z.string().optional(),
  RemoveFromVersionId: z.string().optional(),
});

/** @throws AwsError `InvalidParameterException` that names the offending members */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AwsError('InvalidParameterException', issues.join('; '));
}
