/** What the workflow hands to a backend for a job: which machine, and the ticket that opens the job once. */
import { type MachineOverrides, type MachineProject, machineFor, type Offer } from '../../compute/index.ts';
import type { JobRecord } from '../model/job-record.ts';

export interface Dispatch {
  readonly job_id: string;
  readonly ticket: string;
  /** Which attempt at the job this is. */
  readonly attempt: number;
  /** The CodeBuild project, and the parameters of StartBuild that choose the machine. */
  readonly project: MachineProject;
  readonly overrides: MachineOverrides;
  /** Whether its turn in the project's queue has to come first. */
  readonly waits: boolean;
  /** How long it may wait for its turn, in seconds. */
  readonly patience: number;
  /** Whether its failure ends the other jobs. */
  readonly fail_fast: boolean;
}

/** 8 hours in the queue: as long as the longest job before it may take. */
const PATIENCE_SECONDS = 8 * 3600;

export function dispatchOf(
  job: JobRecord,
  ticket: string,
  { offer, failFast, now }: { offer: Offer; failFast: boolean; now: Date },
): Dispatch {
  const needsImages = job.spec.image !== null;
  const compute = job.compute;
  if (compute === undefined) throw new Error(`Job ${job.id} has no compute.`);
  const left =
    job.deadline_at === undefined ? PATIENCE_SECONDS : (Date.parse(job.deadline_at) - now.getTime()) / 1000;
  return {
    job_id: job.id,
    ticket,
    attempt: job.attempt,
    ...machineFor({ compute, needsImages, timeoutSeconds: job.spec.timeout_seconds }, offer),
    waits: false,
    patience: Math.max(1, Math.ceil(Math.min(left, PATIENCE_SECONDS))),
    fail_fast: failFast,
  };
}
