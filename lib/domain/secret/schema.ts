import * as z from 'zod';
import { Id } from '../id.ts';
import { flawOf } from '../text.ts';
import { Name, SecretName, Timestamp } from '../values.ts';

/** What Secrets Manager takes as one value (docs: "Secrets Manager quotas"), and half of what Linux takes as one variable. */
export const SECRET_MAX_BYTES = 64 * 1024;

/** What there is to know about a secret, but its value, which no route gives. */
export const Secret = z.object({
  name: SecretName,
  project_id: Id.project,
  /** How many values it has had. */
  versions: z.int().positive(),
  created_at: Timestamp,
  created_by: z.string(),
  updated_at: Timestamp,
  updated_by: z.string(),
  /** The newest read that was noted here; `reads` lists them all. */
  last_read_at: Timestamp.optional(),
  last_read_by: Id.job.optional(),
});
export type Secret = z.infer<typeof Secret>;

/** A new value. Messages name no part of it. */
export const PutSecret = z.strictObject({
  value: z
    .string()
    .min(1, 'must not be empty')
    .refine((value) => Buffer.byteLength(value) <= SECRET_MAX_BYTES, 'must be at most 64 KiB in UTF-8')
    .refine(
      (value) => flawOf(value) === undefined,
      'must be text without NUL characters, as it reaches commands as an environment variable',
    )
    .meta({ examples: ['a value that only builds see'] }),
});
export type PutSecret = z.infer<typeof PutSecret>;

/** One job that was given the value. */
export const SecretRead = z.object({
  id: z.string(),
  name: SecretName,
  project_id: Id.project,
  job_id: Id.job,
  run_id: Id.run,
  build_id: Id.build.optional(),
  /** Of a deployment's job. */
  deployment_id: Id.deployment.optional(),
  service: Name,
  branch: z.string().optional(),
  at: Timestamp,
});
export type SecretRead = z.infer<typeof SecretRead>;

/** What an agent gets: the secrets that its job names. `missing` are those of them that the project does not have. */
export const JobSecrets = z.object({
  secrets: z.record(SecretName, z.string()),
  missing: z.array(SecretName),
});
export type JobSecrets = z.infer<typeof JobSecrets>;
