import * as z from 'zod';
import { Id } from '../../id.ts';

export const Place = z.object({ job_id: Id.job, run_id: Id.run });
export type Place = z.infer<typeof Place>;

/** The queue of a project that has a limit of concurrent jobs: one item, so that every step is one compare-and-swap. */
export const QueueState = z.object({
  project_id: Id.project,
  limit: z.int().positive(),
  /** Jobs that work, or may begin. */
  active: z.array(Place),
  /** Jobs that wait, in the order in which they came. */
  waiting: z.array(Place),
});
export type QueueState = z.infer<typeof QueueState>;
