import * as z from 'zod';
import { Id } from '../id.ts';
import { Sha256, Timestamp } from '../values.ts';

export const DecisionKind = z.enum(['received', 'building', 'duplicate', 'ignored', 'failed']);
export type DecisionKind = z.infer<typeof DecisionKind>;

export const Decision = z.object({
  kind: DecisionKind,
  reason: z.string(),
  decided_at: Timestamp.optional(),
});
export type Decision = z.infer<typeof Decision>;

/** One incoming webhook, kept with the decision that it led to. */
export const Delivery = z.object({
  id: Id.delivery,
  provider: z.literal('github'),
  /** GitHub's `X-GitHub-Delivery`. */
  guid: z.string(),
  event: z.string(),
  /** The bytes that came, by which they can be told from others; older deliveries have none. */
  payload: z.object({ sha256: Sha256, size_bytes: z.int().min(0) }).optional(),
  repository: z.string().optional(),
  ref: z.string().optional(),
  git_sha: z.string().optional(),
  /** When the push happened, as the git host says, where it says so. */
  pushed_at: Timestamp.optional(),
  received_at: Timestamp,
  /** When the git host is asked again, as it has said when. */
  retry_at: Timestamp.optional(),
  /** In a project, or its list, what came of it there; of several projects, one that builds counts most. */
  decision: Decision,
  /** What came of it in each project of the repository, as far as that is decided; older deliveries do not say. */
  outcomes: z.array(Decision.extend({ project_id: Id.project })).default([]),
  /** What was started, one entry for each project of the repository. */
  builds: z.array(z.object({ project_id: Id.project, build_id: Id.build, run_id: Id.run.optional() })),
});
export type Delivery = z.infer<typeof Delivery>;
