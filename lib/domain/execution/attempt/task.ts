/** What the workflow is given for a job: how to start its machine, and the ticket that opens the job once. */
import type { ComputePlanner } from '../../ports/compute.ts';
import type { JobRecord } from '../model/job-record.ts';
import { QUEUE_TIMEOUT_SECONDS } from '../model/time.ts';

/** With the fields that the compute port adds, in terms of the backend: the workflow hands those on. */
export interface Dispatch extends Readonly<Record<string, unknown>> {
  readonly job_id: string;
  readonly ticket: string;
  /** Which attempt at the job this is. */
  readonly attempt: number;
  /** Whether its turn in the project's queue has to come first. */
  readonly queued: boolean;
  /** How long it may wait for its turn, in seconds. */
  readonly queue_timeout_seconds: number;
  /** Whether its failure ends the other jobs. */
  readonly fail_fast: boolean;
}

export function dispatchOf(
  compute: ComputePlanner,
  job: JobRecord,
  ticket: string,
  { failFast, now }: { failFast: boolean; now: Date },
): Dispatch {
  const { compute: machine } = job;
  if (machine === undefined) throw new Error(`Job ${job.id} has no machine.`);
  const left =
    job.deadline_at === undefined
      ? QUEUE_TIMEOUT_SECONDS
      : (Date.parse(job.deadline_at) - now.getTime()) / 1000;
  return {
    ...compute.startOf({
      machine,
      needsImages: job.spec.image !== null,
      timeoutSeconds: job.spec.timeout_seconds,
    }),
    job_id: job.id,
    ticket,
    attempt: job.attempt,
    queued: false,
    queue_timeout_seconds: Math.max(1, Math.ceil(Math.min(left, QUEUE_TIMEOUT_SECONDS))),
    fail_fast: failFast,
  };
}
