import * as z from 'zod';
import { Role } from '../access/role.ts';
import { Health } from '../environment/health.ts';
import { Outputs } from '../execution/model/job.ts';
import { Id } from '../id.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { JobSettings } from '../target/command.ts';
import { Target } from '../target/index.ts';
import { title } from '../text.ts';
import { Digest, Name, Timestamp } from '../values.ts';
import { Check, MAX_CHECKS, Traffic } from './check.ts';

export const DeploymentStatus = z.enum([
  'pending',
  'awaiting_approval',
  'waiting',
  'deploying',
  'verifying',
  'succeeded',
  'failed',
  'rejected',
  'cancelled',
  'superseded',
  'rolled_back',
]);
export type DeploymentStatus = z.infer<typeof DeploymentStatus>;

/** What may become of a deployment that has not begun, beside going on. */
const UNBEGUN = ['failed', 'rejected', 'cancelled', 'superseded'] as const;

/**
 * `awaiting_approval` and `waiting` follow each other in any order, as an approval is void when what it was given for
 * changes. `deploying`: the new version is made; `verifying`: it is checked, at first without traffic, then with growing
 * shares of it. `rolled_back`: it was not well with traffic, and the earlier one has all of it again.
 */
export const DEPLOYMENT_LIFECYCLE = {
  pending: ['deploying', 'failed', 'cancelled'],
  awaiting_approval: ['waiting', 'deploying', ...UNBEGUN],
  waiting: ['awaiting_approval', 'deploying', ...UNBEGUN],
  deploying: ['verifying', 'failed', 'cancelled', 'rolled_back'],
  verifying: ['succeeded', 'failed', 'cancelled', 'rolled_back'],
  succeeded: [],
  failed: [],
  rejected: [],
  cancelled: [],
  superseded: [],
  rolled_back: [],
} as const satisfies Lifecycle<DeploymentStatus>;

/** Whether it waits for a rule of its environment. */
export const isWaiting = (status: DeploymentStatus): boolean =>
  status === 'waiting' || status === 'awaiting_approval';

/** Whether it may have changed its target. */
export const isBegun = ({ status }: { readonly status: DeploymentStatus }): boolean =>
  status === 'deploying' || status === 'verifying';

/** What keeps a deployment from beginning, in the order in which they are checked. */
export const Rule = z.enum(['stopped', 'hold', 'soak', 'schedule', 'approval', 'freeze', 'queue']);
export type Rule = z.infer<typeof Rule>;

/** One rule that does not hold yet. */
export const Block = z.object({
  rule: Rule,
  message: z.string(),
  /** When it will hold by itself; absent when somebody or something else decides. */
  until: Timestamp.optional(),
});
export type Block = z.infer<typeof Block>;

/** What somebody said to a deployment that needs approval. */
export const Decision = z.object({
  decision: z.enum(['approved', 'rejected']),
  user_id: Id.user,
  user_name: z.string(),
  /** The role that the person had in the environment. */
  role: Role,
  at: Timestamp,
  reason: z.string().optional(),
  /** What was seen: the deployment's `subject` at that time. Void for any other. */
  subject: Digest,
});
export type Decision = z.infer<typeof Decision>;

/** One step of a deployment's way. */
export const Step = z.object({
  at: Timestamp,
  status: DeploymentStatus,
  message: z.string(),
  by: z.string().optional(),
});
export type Step = z.infer<typeof Step>;

/** One release going to one environment. It names a digest, never a tag. */
export const Deployment = z.object({
  id: Id.deployment,
  project_id: Id.project,
  environment: Name,
  release_id: Id.release,
  service: Name,
  artifact_id: Id.artifact,
  digest: Digest,
  /** Of an image: where it is pulled from, by its digest. */
  image: z.string().optional(),
  target: Target,
  variables: z.record(z.string(), z.string()),
  health_path: z.string(),
  ...Health.shape,
  test: JobSettings.optional(),
  /** How often its test was begun: once by the deployment, then by `verify`. Absent: once at most. */
  test_rounds: z.int().min(1).optional(),
  status: DeploymentStatus,
  stage: z.string(),
  /** Of the environment, when what is deployed beside the release was taken from it. */
  config_version: z.int().min(1).default(1),
  /** sha256 of what is deployed: digest, target, variables and health check. Approvals are given for it. */
  subject: Digest.optional(),
  /** The deployment whose code and configuration this one restores. */
  restores: Id.deployment.optional(),
  /** The environment's version of its configuration that a rollback replaces; a change since then counts more. */
  replaces_config_version: z.int().optional(),
  /** The deployment that served before this one succeeded. */
  replaces: Id.deployment.optional(),
  /** Made by Staithe itself, as the release had become eligible. */
  automatic: z.boolean().default(false),
  /** When an automatic promotion may begin. */
  not_before: Timestamp.optional(),
  /** Why it was asked for. */
  reason: z.string().optional(),
  /** Why a freeze does not count for it. */
  override_freeze: z.string().optional(),
  /** What keeps it from beginning. */
  waits_for: z.array(Block).default([]),
  decisions: z.array(Decision).default([]),
  /** When it is rejected, if it still lacks approvals. */
  approval_expires_at: Timestamp.optional(),
  /** When all rules held, and its environment was taken for it. */
  admitted_at: Timestamp.optional(),
  /** Who wants it cancelled; the next step takes it back. */
  cancelled_by: z.string().optional(),
  timeline: z.array(Step).default([]),
  /** The version that this deployment made at its target: of a function its number. */
  target_version: z.string().optional(),
  /** The version that served before; absent on a first deployment. */
  previous_version: z.string().optional(),
  /** Where users reach it. */
  url: z.url().optional(),
  /** Deprecated: the earlier name of `url`. */
  preview_url: z.url().optional(),
  /** The share of the traffic that the new version has, and since when; before that, the share that it is about to get. */
  traffic: Traffic.optional(),
  /** What the commands of its target have told. */
  outputs: Outputs.optional(),
  checks: z.array(Check).max(MAX_CHECKS).default([]),
  error: z
    .object({
      message: z.string(),
      hint: z.string().optional(),
      /** What the function printed last, at most 30 lines, its secrets masked. Absent when it was never asked. */
      last_lines: z.array(z.string()).max(30).optional(),
    })
    .optional(),
  created_at: Timestamp,
  started_at: Timestamp.optional(),
  completed_at: Timestamp.optional(),
  created_by: z.string(),
});
export type Deployment = z.infer<typeof Deployment>;

/** Why somebody does it: shown in the timeline. */
export const reason = title(500);

export const RollBackTo = z.strictObject({
  /** A deployment to the same environment that succeeded; the one before the current one when absent. */
  to: Id.deployment.optional(),
  reason: reason.optional(),
});
export type RollBackTo = z.infer<typeof RollBackTo>;

export const Approve = z.strictObject({
  /** The deployment's `subject`, as it was seen. */
  subject: Digest,
  reason: reason.optional(),
});
export type Approve = z.infer<typeof Approve>;

export const Because = z.strictObject({ reason });
export type Because = z.infer<typeof Because>;

export const BecauseOptional = z.strictObject({ reason: reason.optional() });
export type BecauseOptional = z.infer<typeof BecauseOptional>;
