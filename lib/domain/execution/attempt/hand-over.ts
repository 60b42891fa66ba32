/** How a job is handed to a backend: with a ticket of its own for each time, and as often as attempts may be lost. */
import { hashOfSecret } from '../../access/secret.ts';
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import { type JobRecord, jobs } from '../model/job-record.ts';
import { type Failure, fitting, JOB_LIFECYCLE as LIFECYCLE } from '../model/run.ts';
import { canRetry, failureOfLosses, isLost, type Loss, withLoss } from './losses.ts';
import { newTicket } from './ticket.ts';

export interface Ticketed {
  readonly job: JobRecord;
  readonly ticket: string;
}

/**
 * A new ticket for a job that has not ended; the old one, and the agent that used it, are shut out. When the present
 * attempt is lost this is the next one, or the job fails: it was the last.
 * @param loss by which the attempt of this number is lost, if that is news
 * @returns undefined when the job has ended, by now too
 */
export async function handOver(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  jobId: string,
  loss?: Loss & { readonly attempt: number | undefined },
): Promise<Ticketed | undefined> {
  const ticket = newTicket(ports.randomness);
  const now = ports.clock.now();
  const stored = await jobs.update(ports.table, Keys.job(jobId), (job) => {
    if (isFinal(LIFECYCLE, job.status)) return undefined;
    // The repeat of a step whose answer was lost speaks of an attempt that has been followed by another.
    const isCurrentLoss = loss !== undefined && (loss.attempt ?? job.attempt) === job.attempt;
    const updated = isCurrentLoss ? withLoss(job, loss, now) : job;
    if (isLost(updated) && !canRetry(updated)) return failed(updated, now);
    return {
      ...updated,
      claim_id: undefined,
      // Whoever waited with it has ended, or has had the turn.
      turn_token: undefined,
      ticket_hash: hashOfSecret(ticket),
      attempt: isLost(updated) ? updated.attempt + 1 : updated.attempt,
      stage: 'queued',
    };
  });
  return stored === undefined || isFinal(LIFECYCLE, stored.value.status)
    ? undefined
    : { job: stored.value, ticket };
}

const failed = (job: JobRecord, now: Date): JobRecord => failedWith(job, failureOfLosses(job), now);

function failedWith(job: JobRecord, failure: Failure, now: Date): JobRecord {
  const error = fitting({ ...failure, job_id: job.id, service: job.service, job: job.name });
  return { ...job, status: 'failed', stage: 'failed', error, completed_at: now.toISOString() };
}

/** Whether what was found of an attempt is still news: the job has not ended, and the attempt is not given up by now. */
const isCurrent = (job: JobRecord, attempt: number): boolean =>
  !isFinal(LIFECYCLE, job.status) && job.attempt === attempt && !isLost(job);

/**
 * Notes that an attempt is lost, and shuts its agent out. Whoever hands the job over next makes the next attempt; a job
 * that has had its last one fails.
 * @param seen the job as it was looked at: when another agent has it since, nothing is lost
 */
export async function markLost(
  ports: Pick<Ports, 'table' | 'clock'>,
  seen: Pick<JobRecord, 'id' | 'attempt' | 'claim_id'>,
  loss: Loss,
): Promise<void> {
  const now = ports.clock.now();
  await jobs.update(ports.table, Keys.job(seen.id), (job) => {
    if (!isCurrent(job, seen.attempt) || job.claim_id !== seen.claim_id) return undefined;
    const lost = withLoss(job, loss, now);
    return canRetry(lost) ? lost : failed(lost, now);
  });
}

/**
 * Fails a job by how the machine of an attempt has ended. One whose attempt the sweep has given up, and so has stopped
 * the machine itself, is left to its next attempt, and so is one that has it already.
 */
export async function failAttempt(
  ports: Pick<Ports, 'table' | 'clock'>,
  { id, attempt }: Pick<JobRecord, 'id' | 'attempt'>,
  failure: Failure,
): Promise<void> {
  const now = ports.clock.now();
  await jobs.update(ports.table, Keys.job(id), (job) =>
    isCurrent(job, attempt) ? failedWith(job, failure, now) : undefined,
  );
}
