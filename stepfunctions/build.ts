/** What the build workflow and its steps say to each other. */
import * as z from 'zod';
import { Id } from '../lib/domain/id.ts';

/** An error as Step Functions caught it. */
export const Caught = z.object({ error: z.string(), cause: z.string().default('') });

export const BuildStep = z.discriminatedUnion('task', [
  z.object({ task: z.literal('plan'), run_id: Id.run }),
  z.object({ task: z.literal('settle'), job_id: Id.job, caught: Caught }),
  z.object({ task: z.literal('finish'), run_id: Id.run }),
]);
