import * as z from 'zod';
import { Id } from '../../id.ts';
import { MAX_TIMEOUT_SECONDS, Matrix } from '../../manifest/values.ts';
import { Digest, GitSha, Name, Timestamp } from '../../values.ts';
import { Inputs } from './inputs.ts';
import { Trust } from './trust.ts';

/** A switch that commands see, as `STAITHE_FEATURES` and `STAITHE_FEATURE_<NAME>=1`. */
export const Feature = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be a-z, 0-9, - and _');

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
  features: z.array(Feature).default([]),
  /** Values of axes in place of the manifest's; an axis that no service has is one of all of them. */
  matrix: Matrix.optional(),
  /** How many jobs may work at once, and whether the first failing one ends the others; the manifest's when absent. */
  max_parallel: z.int().min(1).optional(),
  fail_fast: z.boolean().optional(),
  /** How long a run may take in all, with the time that it waits for its turn. */
  timeout_seconds: z.int().min(1).max(MAX_TIMEOUT_SECONDS).optional(),
  trust: Trust.default('own'),
  /** Whether who asked for it may set environments, so that its manifest may. */
  may_set_environments: z.boolean().optional(),
  /** When what it builds was pushed, if a push has made it; the build itself may have come much later. */
  pushed_at: Timestamp.optional(),
  created_at: Timestamp,
  created_by: z.string(),
});
export type Build = z.infer<typeof Build>;
