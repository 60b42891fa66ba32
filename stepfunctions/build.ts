/** The steps of the build workflow (build.asl.yaml): what it and they say to each other, and what each does. */
import * as z from 'zod';
import { handleFailedAttempt } from '../lib/domain/execution/attempt/failed-attempt.ts';
import { finish } from '../lib/domain/execution/end/index.ts';
import * as Queue from '../lib/domain/execution/queue/index.ts';
import { Id } from '../lib/domain/id.ts';
import type { Ports } from '../lib/domain/ports/index.ts';
import { Caught } from './cause.ts';

type BuildStepPorts = Pick<Ports, 'table' | 'workflows' | 'compute' | 'clock' | 'randomness'>;

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

/** The steps, by what each is in the domain. @returns what the workflow goes on with */
export function buildSteps(ports: BuildStepPorts): (event: unknown) => Promise<unknown> {
  return async (event) => {
    const step = BuildStep.parse(event);
    switch (step.task) {
      case 'handle_failed_attempt':
      case 'settle':
        return handleFailedAttempt(ports, step.job_id, step.caught, {
          attempt: step.attempt,
          failFast: step.fail_fast,
        });
      case 'wait':
        return Queue.waitForTurn(ports, step.job_id, step.token);
      case 'finish':
        return finish(ports, step.run_id);
    }
  };
}
