import * as z from 'zod';
import { Id } from '../id.ts';
import { Run } from '../run/schema.ts';
import { Digest, GitSha, Name, Timestamp } from '../values.ts';

/** 16 KiB: each of a build's jobs carries them, and an item of the table may have 400 KB (docs: DynamoDB quotas). */
const INPUTS_MAX_BYTES = 16 * 1024;

/** Inputs reach every command as `STAITHE_INPUT_<NAME>`. */
const Inputs = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a-z, 0-9 and _'), z.string().max(4096))
  .refine((inputs) => Object.keys(inputs).length <= 50, 'may have 50 entries')
  .refine(
    (inputs) => Buffer.byteLength(JSON.stringify(inputs)) <= INPUTS_MAX_BYTES,
    'may have 16 KiB in all',
  );

/** An immutable record of what to build. Runs execute it. */
export const Build = z.object({
  id: Id.build,
  project_id: Id.project,
  source_id: Id.source,
  git_sha: GitSha.optional(),
  git_ref: z.string().optional(),
  /** The hash that the tree's manifest must have, when the caller named one. */
  manifest_hash: Digest.optional(),
  /** The services to build; all of the manifest when absent. */
  services: z.array(Name).optional(),
  inputs: Inputs,
  created_at: Timestamp,
  created_by: z.string(),
});
export type Build = z.infer<typeof Build>;

export const CreateBuild = z.strictObject({
  source_id: Id.source,
  git_sha: GitSha.optional(),
  git_ref: z.string().max(255).optional(),
  manifest_hash: Digest.optional(),
  services: z.array(Name).min(1).max(50).optional(),
  inputs: Inputs.default({}),
  /** false records the build and starts nothing. */
  start: z.boolean().default(true),
});
export type CreateBuild = z.infer<typeof CreateBuild>;

/** A build with the newest of its runs, null before the first. */
export const BuildWithRun = Build.extend({ latest_run: Run.nullable() });
export type BuildWithRun = z.infer<typeof BuildWithRun>;
