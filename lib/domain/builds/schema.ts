import * as z from 'zod';
import { Failure, Run } from '../execution/model/run.ts';
import { Trust } from '../execution/model/trust.ts';
import { Id } from '../id.ts';
import { MAX_PARALLEL } from '../manifest/schema.ts';
import { MAX_TIMEOUT_SECONDS, Matrix } from '../manifest/values.ts';
import { text } from '../text.ts';
import { Digest, GitRef, GitSha, Name, Timestamp } from '../values.ts';

/** 16 KiB: each of a build's jobs carries them, and an item of the table may have 400 KB (docs: DynamoDB quotas). */
const INPUTS_MAX_BYTES = 16 * 1024;

/** Inputs reach every command as `STAITHE_INPUT_<NAME>`. */
const Inputs = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a-z, 0-9 and _'), text(4096))
  .refine((inputs) => Object.keys(inputs).length <= 50, 'may have 50 entries')
  .refine(
    (inputs) => Buffer.byteLength(JSON.stringify(inputs)) <= INPUTS_MAX_BYTES,
    'may have 16 KiB in all',
  );

/** A switch that commands see, as `STAITHE_FEATURES` and `STAITHE_FEATURE_<NAME>=1`. */
const Feature = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be a-z, 0-9, - and _');

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

export const CreateBuild = z
  .strictObject({
    source_id: Id.source,
    git_sha: GitSha.optional(),
    git_ref: GitRef.optional(),
    manifest_hash: Digest.optional(),
    services: z.array(Name).min(1).max(50).optional(),
    inputs: Inputs.default({}),
    features: z.array(Feature).max(50).default([]),
    matrix: Matrix.optional(),
    max_parallel: z.int().min(1).max(MAX_PARALLEL).optional(),
    fail_fast: z.boolean().optional(),
    timeout_seconds: z.int().min(1).max(MAX_TIMEOUT_SECONDS).optional(),
    trust: Trust.default('own'),
    /** Builds although an earlier run has the artifacts of just this. */
    force_rebuild: z.boolean().default(false),
    /** false records the build and starts nothing. */
    start: z.boolean().default(true),
  })
  .refine(({ start, force_rebuild }) => start || !force_rebuild, {
    path: ['force_rebuild'],
    message: 'has no effect with start: false: a run that is started later always builds anew',
  });
export type CreateBuild = z.infer<typeof CreateBuild>;

/** A build with the newest of its runs, null before the first. */
export const BuildWithRun = Build.extend({ latest_run: Run.nullable() });
export type BuildWithRun = z.infer<typeof BuildWithRun>;

/** How a run stands, in a list: without its jobs, its artifacts and what a failing step has printed. */
export const RunSummary = Run.pick({
  id: true,
  status: true,
  reused_from: true,
  retry_of: true,
  superseded_by: true,
  job_counts: true,
  created_at: true,
  started_at: true,
  completed_at: true,
  created_by: true,
}).extend({ error: Failure.pick({ code: true, message: true, job: true }).optional() });

/** What has made the build: a push that a webhook told of, or a request (the CLI, the API). */
export const BuildTrigger = z.enum(['push', 'request']);

/** A build in a list, with its newest run; null before the first. */
export const ListedBuild = Build.extend({ trigger: BuildTrigger, latest_run: RunSummary.nullable() });
export type ListedBuild = z.infer<typeof ListedBuild>;
