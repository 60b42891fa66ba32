/** A program that runs in replicas, behind a URL if it takes requests. Of installations on the embedded cloud only. */
import * as z from 'zod';
import { line } from '../text.ts';
import { bakesOf, TrafficSteps } from './traffic-steps.ts';

export const ProcessTarget = z
  .strictObject({
    kind: z.literal('process'),
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'must be 1 to 63 letters, digits, - or _')
      .meta({ examples: ['shop-test'] }),
    /** `web` listens at the port that the variable PORT names, and has a URL; a `worker` takes no requests. */
    process_type: z.enum(['web', 'worker']).default('web'),
    /** A line for `sh`, run in the folder of the unpacked artifact. */
    command: line(1000).meta({ examples: ['node server.js'] }),
    /** How many run at the same time. */
    replicas: z.int().min(1).max(20).default(1),
    /** Of each replica; one that takes more is ended, where the machine can enforce it. No limit when absent. */
    memory_mb: z.int().min(32).max(65_536).optional(),
    /** The shares of traffic that a new version gets one after the other, before it gets all. */
    steps: TrafficSteps,
    /** The share of responses with a status from 500 from which a new version is taken back while it bakes; 5 when absent. */
    max_error_percent: z.number().min(0).max(100).optional(),
  })
  .refine(({ process_type: type, steps }) => type === 'web' || steps.length === 0, {
    path: ['steps'],
    message: 'have no effect on a worker, which gets no requests: leave them out, or set process_type to web',
  })
  .refine(({ steps, max_error_percent: most }) => most === undefined || bakesOf(steps) > 0, {
    path: ['max_error_percent'],
    message: 'has no effect without a step that bakes: set bake_seconds of a step, or leave it out',
  });
export type ProcessTarget = z.infer<typeof ProcessTarget>;
