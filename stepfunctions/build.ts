/** The input of the steps of the build workflow. */
import * as z from 'zod';
import { Id } from '../lib/domain/id.ts';

/** An error as Step Functions caught it. */
export const Caught = z.object({ error: z.string(), cause: z.string().default('') });

export const BuildStep = z.discriminatedUnion('task', [
  z.object({
    /** `settle` is the name in workflows that an older version started; to be removed with the next version. */
    task: z.literal(['handle_failed_attempt', 'settle']),
    job_id: Id.job,
    /** Absent in workflows that an older version started. */
    attempt: z.int().positive().optional(),
    caught: Caught,
    fail_fast: z.boolean(),
  }),
  /** `token` is the task's: whoever gives the job its turn wakes the workflow with it. */
  z.object({ task: z.literal('wait'), job_id: Id.job, token: z.string().min(1) }),
  z.object({ task: z.literal('finish'), run_id: Id.run }),
]);
