import * as z from 'zod';
import { Build, Feature } from '../execution/model/build.ts';
import { Inputs } from '../execution/model/inputs.ts';
import { Failure, Run } from '../execution/model/run.ts';
import { Trust } from '../execution/model/trust.ts';
import { Id } from '../id.ts';
import { MAX_PARALLEL } from '../manifest/schema.ts';
import { MAX_TIMEOUT_SECONDS, Matrix } from '../manifest/values.ts';
import { Digest, GitRef, GitSha, Name } from '../values.ts';

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
    message: 'has no effect with start: false; a run that is started later never reuses artifacts',
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
