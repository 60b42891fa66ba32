/** The requests of Parameter Store that are served, as schemas. */
import { z } from 'zod';
import { AwsError } from '../service.ts';
import { ParameterType } from './store.ts';

const Name = z.string().min(1).max(2048);
const Tags = z.array(z.object({ Key: z.string(), Value: z.string() }));
const paging = (most: number) => ({
  MaxResults: z.number().int().min(1).max(most).default(most),
  NextToken: z.string().optional(),
});
/** A filter of DescribeParameters and GetParametersByPath. */
export const Filter = z.object({
  Key: z.string(),
  Option: z.enum(['Equals', 'BeginsWith', 'Contains', 'Recursive', 'OneLevel']).default('Equals'),
  Values: z.array(z.string()).default([]),
});

export const GetParameter = z.object({ Name, WithDecryption: z.boolean().default(false) });
export const GetParameters = z.object({
  Names: z.array(Name).min(1).max(10),
  WithDecryption: z.boolean().default(false),
});
export const GetParametersByPath = z.object({
  Path: z.string().startsWith('/'),
  Recursive: z.boolean().default(false),
  WithDecryption: z.boolean().default(false),
  ParameterFilters: z.array(Filter).default([]),
  ...paging(10),
});
export const PutParameter = z.object({
  // What is below aws or ssm is AWS's own.
  Name: Name.regex(
    /^\/?(?!(aws|ssm)\b)[A-Za-z0-9_.\-/]+$/i,
    'must be letters, digits and _.-/, and not begin with aws or ssm',
  ),
  Value: z.string().min(1),
  Type: ParameterType.optional(),
  Description: z.string().max(1024).optional(),
  KeyId: z.string().optional(),
  Overwrite: z.boolean().default(false),
  AllowedPattern: z.string().optional(),
  Tier: z.enum(['Standard', 'Advanced', 'Intelligent-Tiering']).default('Standard'),
  DataType: z.string().default('text'),
  Tags: Tags.default([]),
});
export const DeleteParameter = z.object({ Name });
export const DeleteParameters = z.object({ Names: z.array(Name).min(1).max(10) });
export const DescribeParameters = z.object({ ParameterFilters: z.array(Filter).default([]), ...paging(50) });
export const Tagged = z.object({ ResourceType: z.literal('Parameter'), ResourceId: Name });
export const AddTags = Tagged.extend({ Tags });
export const RemoveTags = Tagged.extend({ TagKeys: z.array(z.string()) });

/** @throws AwsError `ValidationException` that names the offending members */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AwsError('ValidationException', issues.join('; '));
}
