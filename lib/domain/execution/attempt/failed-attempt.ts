/** What to do when a backend has ended without success: try again, or say why there is no more to try. */
import { isFinal } from '../../lifecycle.ts';
import type { Caught, TaskEnd } from '../../ports/compute.ts';
import type { Ports } from '../../ports/index.ts';
import { longestPausesSeconds, RETRIES } from '../../retries.ts';
import { Keys } from '../../storage/keys.ts';
import { endWithLastJob } from '../end/last-job.ts';
import { type JobRecord, jobs } from '../model/job-record.ts';
import { type Failure, JOB_LIFECYCLE as LIFECYCLE } from '../model/run.ts';
import { failAttempt, handOver } from './hand-over.ts';
import { noteLogStream } from './log-stream.ts';
import { endOfMachine, type MachineEnd } from './machine-end.ts';
import { type Dispatch, dispatchOf } from './task.ts';

/** What the workflow does next. */
type NextStep =
  | { readonly retry: true; readonly dispatch: Dispatch }
  | { readonly retry: false /** Ends the other jobs too. */; readonly end_all: boolean };

/**
 * The backend ended without success. A job that has reported stays as it is. One whose attempt is lost is tried again as
 * far as there are attempts; anything else fails it with the reason. A lack of machines is such a reason: the workflow has
 * waited for one already. An error of waiting for its turn is one too, and never leads to a build: the job would run
 * beyond the project's limit.
 * @param attempt that the backend was started for; workflows of an older version do not say it
 * @param failFast whether the job's failure ends the other jobs too
 */
export async function handleFailedAttempt(
  ports: Pick<Ports, 'table' | 'compute' | 'clock' | 'randomness'>,
  jobId: string,
  caught: Caught,
  { attempt, failFast = false }: { readonly attempt?: number | undefined; readonly failFast?: boolean } = {},
): Promise<NextStep> {
  const stored = await jobs.get(ports.table, Keys.job(jobId));
  if (stored === undefined) return { retry: false, end_all: false };
  const job = stored.value;
  const jobEnded = async (ended: JobRecord): Promise<NextStep> => {
    await endWithLastJob(ports, ended);
    return { retry: false, end_all: failFast && ended.status !== 'completed' };
  };
  if (isFinal(LIFECYCLE, job.status)) return jobEnded(job);
  const end = ports.compute.endOf(caught);
  const ended = machineEndOf(end, job.claim_id !== undefined);
  const log = 'machine' in end ? end.machine.logStream : undefined;
  const tried = { id: jobId, attempt: attempt ?? job.attempt };
  if (log !== undefined) await noteLogStream(ports, tried, log);
  if ('failure' in ended) await failAttempt(ports, tried, ended.failure);
  const next = await handOver(ports, jobId, 'lost' in ended ? { attempt, ...ended.lost } : undefined);
  // It may have been completed meanwhile.
  if (next === undefined) return jobEnded((await jobs.get(ports.table, Keys.job(jobId)))?.value ?? job);
  const dispatch = dispatchOf(ports.compute, next.job, next.ticket, { failFast, now: ports.clock.now() });
  return { retry: true, dispatch };
}

function machineEndOf(end: TaskEnd, claimed: boolean): MachineEnd {
  if (!('machine' in end)) return { failure: notStarted(end) };
  const { status, detail } = end.machine;
  return endOfMachine(status, { claimed, detail });
}

const NO_MACHINE_MINUTES = Math.floor(longestPausesSeconds(RETRIES.noMachine) / 60);

/** No machine was started: the call itself failed, or the wait for a turn. */
function notStarted({ none, error }: Extract<TaskEnd, { none: unknown }>): Failure {
  if (none === 'queue_timeout')
    return {
      code: 'timeout_error',
      message: 'Timed out waiting in the project queue.',
      hint: "Raise the project's max_concurrent_jobs or the build's timeout, or rerun it when fewer jobs are queued.",
    };
  if (none === 'at_capacity')
    return {
      code: 'resource_error',
      message: `No build machine became available: ${error}, after retries for up to ${NO_MACHINE_MINUTES} minutes.`,
      hint: 'Rerun it later, build fewer jobs at once (max_parallel), or request a higher quota of concurrent builds from AWS (Service Quotas, CodeBuild).',
    };
  return {
    code: 'internal_error',
    message: `The job could not be started: ${error}.`,
    hint: 'Rerun the build. If it keeps failing, check the log of the build workflow.',
  };
}
