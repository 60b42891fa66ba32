import * as z from 'zod';
import { firstWithin } from '../../answer.ts';
import { Id } from '../../id.ts';
import type { Lifecycle } from '../../lifecycle.ts';
import { cut } from '../../text.ts';
import { Digest, Timestamp } from '../../values.ts';
import { DEFAULT_PARALLEL } from './parallel.ts';

export const RunStatus = z.enum(['pending', 'building', 'completed', 'failed', 'cancelled']);
export type RunStatus = z.infer<typeof RunStatus>;

/** A run may complete before it builds anything: with the artifacts of an earlier one. */
export const RUN_LIFECYCLE = {
  pending: ['building', 'completed', 'failed', 'cancelled'],
  building: ['completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
} as const satisfies Lifecycle<RunStatus>;

/** A job is the part of a run that builds one service; it completes only by being built. */
export const JOB_LIFECYCLE = {
  ...RUN_LIFECYCLE,
  pending: ['building', 'failed', 'cancelled'],
} as const satisfies Lifecycle<RunStatus>;

/** Why a run or job failed, for programs. */
export const FailureCode = z.enum([
  'source_error',
  'clone_error',
  'manifest_error',
  'policy_error',
  'auth_error',
  'build_error',
  'timeout_error',
  'resource_error',
  'registry_error',
  'zero_artifacts',
  'cancelled',
  'internal_error',
]);
export type FailureCode = z.infer<typeof FailureCode>;

export const Failure = z.object({
  code: FailureCode,
  /** What happened, in a sentence. */
  message: z.string().max(4000),
  /** What to do next. */
  hint: z.string().max(2000).optional(),
  job_id: Id.job.optional(),
  service: z.string().optional(),
  /** The job's name, by which the cells of a matrix are told apart: `api (erlang=25)`. */
  job: z.string().optional(),
  /** The command or phase that failed. */
  step: z.string().max(8192).optional(),
  /** Of an image: the Dockerfile's stage and instruction, e.g. `[build 3/5] RUN pnpm install`. */
  stage: z.string().max(1000).optional(),
  exit_code: z.int().optional(),
  signal: z.string().max(20).optional(),
  /** The last lines that the failing step printed, at most 30. */
  last_lines: z.array(z.string().max(2000)).max(30).optional(),
});
export type Failure = z.infer<typeof Failure>;

/** 16 KiB: an item of the table has 400 KB, of which a job's commands may take 336, and lists hold many failures. */
const LAST_LINES_MAX_BYTES = 16 * 1024;

/**
 * A failure within the lengths above, as what is recorded beyond them could never be read again; of the last lines the
 * last that fit.
 */
export function fitting(failure: Failure): Failure {
  return {
    ...failure,
    message: cut(failure.message, 4000),
    ...(failure.hint !== undefined && { hint: cut(failure.hint, 2000) }),
    ...(failure.last_lines !== undefined && {
      last_lines: firstWithin(failure.last_lines.toReversed(), LAST_LINES_MAX_BYTES).reverse(),
    }),
  };
}

/** How many jobs of a run stand how. What has not ended is `open`: waiting for its turn, or at work. */
export const JobCounts = z.object({
  total: z.int().min(0),
  completed: z.int().min(0),
  failed: z.int().min(0),
  cancelled: z.int().min(0),
  open: z.int().min(0),
});
export type JobCounts = z.infer<typeof JobCounts>;

/** One execution of a build. */
export const Run = z.object({
  id: Id.run,
  /** Absent of a run of a deployment's job. */
  build_id: Id.build.optional(),
  /** The deployment whose job it runs. */
  deployment_id: Id.deployment.optional(),
  project_id: Id.project,
  source_id: Id.source.optional(),
  status: RunStatus,
  /** 0 to 100. */
  progress: z.int().min(0).max(100),
  /** What is happening now: queued, planning, a job's stage, done. */
  stage: z.string(),
  manifest_hash: Digest.optional(),
  /** The digest of the tree's content: the same for an upload and a checkout of the same files. */
  tree_digest: Digest.optional(),
  /** The run whose artifacts this one has instead of building them again. */
  reused_from: Id.run.optional(),
  /** The run whose failed jobs this one runs again; the artifacts of the others are kept. */
  retry_of: Id.run.optional(),
  kept_artifact_ids: z.array(Id.artifact).default([]),
  /** Never take an earlier run's artifacts. */
  force_rebuild: z.boolean().default(false),
  fail_fast: z.boolean().default(false),
  /** How many of its jobs may work at once. */
  max_parallel: z.int().positive().default(DEFAULT_PARALLEL),
  /** What it builds, told by content: runs of the same identity make the same artifacts. */
  identity: z.string().optional(),
  /** The one branch that this holds for, when the manifest gives some secrets to some branches only. */
  only_branch: z.string().optional(),
  /** How many jobs of the project may work at once, when it has a limit. */
  job_limit: z.int().positive().optional(),
  /** The newer run of the same branch that took its place in the queue. */
  superseded_by: Id.run.optional(),
  /** How many workflows were started for it: another one follows a workflow that died. */
  workflow_attempt: z.int().positive().default(1),
  /** Since when the sweep is refused the start of that workflow, for a reason that waiting does not mend. */
  start_refused_at: Timestamp.optional(),
  /** When whatever is left of it is ended. */
  deadline_at: Timestamp.optional(),
  job_ids: z.array(Id.job),
  /** Of a run that has jobs, as it stands or as it ended. */
  job_counts: JobCounts.optional(),
  artifact_ids: z.array(Id.artifact),
  error: Failure.optional(),
  created_at: Timestamp,
  started_at: Timestamp.optional(),
  completed_at: Timestamp.optional(),
  created_by: z.string(),
});
export type Run = z.infer<typeof Run>;

/** Which jobs to run again: all, or those that the newest run did not complete, keeping the artifacts of the others. */
export const CreateRun = z.strictObject({ jobs: z.enum(['all', 'failed']).default('all') });
export type CreateRun = z.infer<typeof CreateRun>;
