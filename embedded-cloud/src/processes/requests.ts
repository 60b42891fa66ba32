/** The requests of the API, as schemas. Members that are not known are refused: they would have no effect. */
import { z } from 'zod';
import { AwsError } from '../service.ts';

const GroupName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'must have 1 to 63 letters, digits, - or _');
const Version = z.number().int().min(1);

/** Variables that a replica is given in any case. */
const RESERVED = ['PORT', 'PATH', 'HOME', 'TMPDIR', 'REPLICA_ID'];
const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);
// biome-ignore lint/suspicious/noControlCharactersInRegex: it ends a text in C
const Text = z.string().regex(/^[^\u0000]*$/, 'must not have the character NUL');

export const CreateGroup = z.strictObject({
  GroupName,
  Type: z.enum(['web', 'worker']),
  Tags: z.record(z.string(), z.string()).default({}),
});
export const Nothing = z.strictObject({});
export const NamedGroup = z.strictObject({ GroupName });
export const CreateVersion = z.strictObject({
  GroupName,
  Command: Text.min(1).max(4096),
  Code: z.strictObject({
    S3Bucket: z.string().min(1),
    S3Key: z.string().min(1),
    /** Of the whole archive, in hexadecimal. */
    Sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  }),
  Environment: z
    .record(VariableName, Text)
    .refine((all) => !RESERVED.some((name) => name in all), `the service itself sets ${RESERVED.join(', ')}`)
    .default({}),
  Replicas: z.number().int().min(1).max(20).default(1),
  MemoryMb: z.number().int().min(32).max(65_536).optional(),
});
export const SetTraffic = z.strictObject({
  GroupName,
  Weights: z
    .array(z.strictObject({ Version, Percent: z.number().int().min(1).max(100) }))
    .min(1)
    .max(2)
    .refine((all) => all.reduce((sum, { Percent }) => sum + Percent, 0) === 100, 'must sum up to 100 percent')
    .refine(
      (all) => new Set(all.map((one) => one.Version)).size === all.length,
      'must name each version once',
    ),
});
export const DropCandidate = z.strictObject({ GroupName, Version });
export const AskVersion = z.strictObject({
  GroupName,
  Version,
  Method: z.enum(['GET', 'HEAD']).default('GET'),
  /** With its query. */
  Path: z.string().regex(/^\/[!-~]*$/, 'must begin with / and have visible ASCII characters only'),
  Headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string()).default({}),
});

/** @throws AwsError `ValidationException` that names each member at fault */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  throw new AwsError('ValidationException', issues.join('; '));
}
