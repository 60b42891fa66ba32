/** How a job is handed to a backend: with a ticket of its own for each time, and as often as attempts may be lost. */
import { hashOfSecret } from '../access/secret.ts';
import { failureOfLosses, isLost, type Loss, mayTryAgain, withLoss } from '../job/attempt.ts';
import { type JobRecord, jobs } from '../job/record.ts';
import { newTicket } from '../job/ticket.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { fitting, JOB_LIFECYCLE as LIFECYCLE } from './schema.ts';

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
    const news = loss !== undefined && (loss.attempt ?? job.attempt) === job.attempt;
    const given = news ? withLoss(job, loss, now) : job;
    if (isLost(given) && !mayTryAgain(given)) return failed(given, now);
    return {
      ...given,
      claim_id: undefined,
      ticket_hash: hashOfSecret(ticket),
      attempt: isLost(given) ? given.attempt + 1 : given.attempt,
      stage: 'queued',
    };
  });
  return stored === undefined || isFinal(LIFECYCLE, stored.value.status)
    ? undefined
    : { job: stored.value, ticket };
}

function failed(job: JobRecord, now: Date): JobRecord {
  const error = fitting({ ...failureOfLosses(job), job_id: job.id, service: job.service });
  return { ...job, status: 'failed', stage: 'failed', error, completed_at: now.toISOString() };
}

/**
 * Notes that an attempt is lost, and shuts its agent out. Whoever hands the job over next makes the next attempt; a job
 * that has had its last one fails.
 */
export async function lose(
  ports: Pick<Ports, 'table' | 'clock'>,
  { id, attempt }: Pick<JobRecord, 'id' | 'attempt'>,
  loss: Loss,
): Promise<void> {
  const now = ports.clock.now();
  await jobs.update(ports.table, Keys.job(id), (job) => {
    if (isFinal(LIFECYCLE, job.status) || job.attempt !== attempt || isLost(job)) return undefined;
    const lost = withLoss(job, loss, now);
    return mayTryAgain(lost) ? lost : failed(lost, now);
  });
}
