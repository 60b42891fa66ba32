/** The compute that an installation allows: its operator says so in the CDK context `compute`. */
import * as z from 'zod';
import { Architecture } from '../../domain/machine.ts';
import { COMPUTE_TYPES, type ComputeTypeName, isComputeTypeName } from './types.ts';

const TypeName = z.enum(Object.keys(COMPUTE_TYPES) as [ComputeTypeName, ...ComputeTypeName[]]);

/** A reserved-capacity fleet: its ARN, or that with the architecture of its machines. */
const Fleet = z.preprocess(
  (value) => (typeof value === 'string' ? { arn: value } : value),
  z.strictObject({
    arn: z
      .string()
      .regex(/^arn:[a-z-]+:codebuild:[a-z0-9-]+:\d{12}:fleet\/.+$/, 'must be the ARN of a CodeBuild fleet'),
    architecture: Architecture.default('x86_64'),
  }),
);

/**
 * All types but the two largest and the ones that nobody needs beside them: a mistaken `2xlarge` costs a dollar in five
 * minutes. Lambda compute and small machines suffice for most.
 */
const DEFAULT_ALLOW: readonly ComputeTypeName[] = [
  'small',
  'medium',
  'large',
  'lambda-1gb',
  'lambda-2gb',
  'lambda-4gb',
  'lambda-8gb',
  'lambda-10gb',
];

export const AllowedCompute = z.strictObject({
  allow: z.array(TypeName).default([...DEFAULT_ALLOW]),
  fleets: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/), Fleet).default({}),
});
export type AllowedCompute = z.infer<typeof AllowedCompute>;

/** An operator allows something; what is left of it in a region may be nothing, which a job's plan then says. */
const ConfiguredCompute = AllowedCompute.refine(
  ({ allow, fleets }) => allow.length > 0 || Object.keys(fleets).length > 0,
  'must name at least one compute type',
);

/**
 * @param text JSON, as `{"allow": ["small", "lambda-2gb"], "fleets": {"gpu": "arn:aws:codebuild:…:fleet/…"}}`
 * @returns the default when there is none
 * @throws Error that says what is wrong with it: an installation's mistake, seen at synth
 */
export function allowedFrom(text: string | undefined): AllowedCompute {
  return parsed(ConfiguredCompute, text === undefined || text === '' ? {} : jsonOf(text));
}

/** What is allowed, as the infrastructure wrote it for its functions. @throws Error at cold start */
export function parseAllowed(text: string): AllowedCompute {
  return parsed(AllowedCompute, jsonOf(text));
}

function parsed(schema: typeof AllowedCompute, value: unknown): AllowedCompute {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`The setting 'compute' is wrong. ${z.prettifyError(result.error)}`);
}

/**
 * Where CodeBuild has Lambda compute (CodeBuild user guide, "Run builds on AWS Lambda compute", regions; the same ten in
 * the announcement of November 2023). In any other region it refuses a project of such an environment.
 */
export const LAMBDA_COMPUTE_REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-2',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-1',
  'eu-central-1',
  'eu-west-1',
  'sa-east-1',
] as const;

const isLambda = (name: string): boolean => isComputeTypeName(name) && COMPUTE_TYPES[name].kind === 'lambda';

export function hasLambda({ allow }: AllowedCompute): boolean {
  return allow.some(isLambda);
}

/** What is left of it in a region without Lambda compute. */
export function withoutLambda(allowed: AllowedCompute): AllowedCompute {
  return { ...allowed, allow: allowed.allow.filter((name) => !isLambda(name)) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Names of all that is allowed, as a manifest writes them. */
export function allowedNames({ allow, fleets }: AllowedCompute): string[] {
  return [...allow, ...Object.keys(fleets).map((name) => `fleet:${name}`)];
}
