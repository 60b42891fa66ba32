import * as z from 'zod';
import { Id } from '../../id.ts';

export const QueueEntry = z.object({ job_id: Id.job, run_id: Id.run });
export type QueueEntry = z.infer<typeof QueueEntry>;

/** The queue of a project that has a limit of concurrent jobs: one item, so that every step is one compare-and-swap. */
export const QueueState = z.object({
  project_id: Id.project,
  limit: z.int().positive(),
  /** Jobs that work, or may begin. */
  active: z.array(QueueEntry),
  /** Jobs that wait, in the order in which they came. */
  waiting: z.array(QueueEntry),
});
export type QueueState = z.infer<typeof QueueState>;
