import * as z from 'zod';
import { Health } from '../environment/schema.ts';
import { Id } from '../id.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { ReleaseRef } from '../release/schema.ts';
import { LambdaTarget } from '../target.ts';
import { Digest, Name, Timestamp } from '../values.ts';

export const DeploymentStatus = z.enum([
  'pending',
  'deploying',
  'verifying',
  'succeeded',
  'failed',
  'cancelled',
  'rolled_back',
]);
export type DeploymentStatus = z.infer<typeof DeploymentStatus>;

/** `rolled_back`: the new version did not answer, and the alias is on the earlier one again. */
export const DEPLOYMENT_LIFECYCLE = {
  pending: ['deploying', 'failed', 'cancelled'],
  deploying: ['verifying', 'failed', 'cancelled', 'rolled_back'],
  verifying: ['succeeded', 'failed', 'cancelled', 'rolled_back'],
  succeeded: [],
  failed: [],
  cancelled: [],
  rolled_back: [],
} as const satisfies Lifecycle<DeploymentStatus>;

/** One release going to one environment. It names a digest, never a tag. */
export const Deployment = z.object({
  id: Id.deployment,
  project_id: Id.project,
  environment: Name,
  release_id: Id.release,
  service: Name,
  artifact_id: Id.artifact,
  digest: Digest,
  target: LambdaTarget,
  variables: z.record(z.string(), z.string()),
  health_path: z.string(),
  ...Health.shape,
  status: DeploymentStatus,
  stage: z.string(),
  /** The function's version that this deployment published. */
  function_version: z.string().optional(),
  /** The version that the alias was on before; absent on a first deployment. */
  previous_version: z.string().optional(),
  preview_url: z.url().optional(),
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

export const CreateDeployment = z.strictObject({ release: ReleaseRef });
export type CreateDeployment = z.infer<typeof CreateDeployment>;
