/** How a job is ended from outside: with its run, or because nobody works at it any more. */
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import { type JobRecord, jobs } from '../model/job-record.ts';
import { type Failure, fitting, JOB_LIFECYCLE as LIFECYCLE } from '../model/run.ts';

/** Ends a job that has not ended. @returns whether it was this call that ended it */
export async function endJob(
  ports: Pick<Ports, 'table' | 'clock'>,
  jobId: string,
  status: 'cancelled' | 'failed',
  error?: Failure,
): Promise<boolean> {
  const now = ports.clock.now().toISOString();
  let ended = false;
  await jobs.update(ports.table, Keys.job(jobId), (job) => {
    ended = !isFinal(LIFECYCLE, job.status);
    if (!ended) return undefined;
    return { ...job, status, stage: status, completed_at: now, ...(error !== undefined && { error }) };
  });
  return ended;
}

/** Fails a job that has not ended, with a reason of its own. */
export async function failJob(
  ports: Pick<Ports, 'table' | 'clock'>,
  job: Pick<JobRecord, 'id' | 'service' | 'name'>,
  error: Failure,
): Promise<boolean> {
  return endJob(
    ports,
    job.id,
    'failed',
    fitting({ ...error, job_id: job.id, service: job.service, job: job.name }),
  );
}
