import * as z from 'zod';
import { Id } from '../../id.ts';
import { MAX_TIMEOUT_SECONDS, Matrix } from '../../manifest/values.ts';
import { text } from '../../text.ts';
import { Digest, GitSha, Name, Timestamp } from '../../values.ts';
import { Trust } from './trust.ts';

/** 16 KiB: each of a build's jobs carries them, and an item of the table may have 400 KB (docs: DynamoDB quotas). */
const INPUTS_MAX_BYTES = 16 * 1024;

/** Inputs reach every command as `STAITHE_INPUT_<NAME>`. */
export const Inputs = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a-z, 0-9 and _'), text(4096))
  .refine((inputs) => Object.keys(inputs).length <= 50, 'must have at most 50 entries')
  .refine(
    (inputs) => Buffer.byteLength(JSON.stringify(inputs)) <= INPUTS_MAX_BYTES,
    'must be at most 16 KiB in total',
  );

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
  created_at: Timestamp,
  created_by: z.string(),
});
export type Build = z.infer<typeof Build>;
