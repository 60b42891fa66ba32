/**
 * Attempts at a job. One is lost when its agent or machine is gone and has left no result, whoever noticed: the workflow,
 * the sweep, or the end of the workflow itself. What becomes of a job then is decided here and nowhere else.
 */

import { MAX_ATTEMPTS } from '../../retries.ts';
import { LOSS_IN_WORDS, type LostAttempt, lossInWords } from '../model/job.ts';
import type { JobRecord } from '../model/job-record.ts';
import type { Failure } from '../model/run.ts';

type Attempted = Pick<JobRecord, 'attempt' | 'lost_attempts' | 'stage'>;

/** Whether the present attempt is lost, and no other has begun yet: its agent gets nothing any more. */
export const isLost = ({ attempt, lost_attempts }: Omit<Attempted, 'stage'>): boolean =>
  lost_attempts.at(-1)?.attempt === attempt;

/** How an attempt was lost, and the backend's message. */
export type Loss = Pick<LostAttempt, 'reason' | 'detail'>;

/** The job with its present attempt lost. What was noted first, stays: who notices later knows less. */
export function withLoss<J extends Attempted>(job: J, { reason, detail }: Loss, now: Date): J {
  if (isLost(job)) return job;
  const known = detail === undefined ? { reason } : { reason, detail, said: detail };
  const lost = { attempt: job.attempt, ...known, stage: job.stage, at: now.toISOString() };
  return { ...job, lost_attempts: [...job.lost_attempts, lost] };
}

/** Whether a lost job is tried again. */
export const canRetry = ({ attempt }: Pick<JobRecord, 'attempt'>): boolean => attempt < MAX_ATTEMPTS;

/** What a job fails with whose attempts are all lost. */
export function failureOfLosses({ lost_attempts: lost }: Pick<JobRecord, 'lost_attempts'>): Failure {
  const reasons = new Set(lost.map(({ reason }) => reason));
  const last = lost.at(-1);
  if (last === undefined) throw new Error('No attempt of the job is lost.');
  const words = LOSS_IN_WORDS[last.reason];
  const times = `${words[0]?.toUpperCase()}${words.slice(1)}, ${lost.length === 1 ? 'once' : `${lost.length} times`}`;
  const message =
    reasons.size > 1
      ? `All ${lost.length} attempts were lost: ${lost.map(lossInWords).join('; ')}.`
      : last.reason === 'agent_not_begun'
        ? times + (last.detail === undefined ? '.' : `: ${last.detail}`)
        : `${times}; ${lost.length === 1 ? '' : 'the last time '}at '${last.stage}'.`;
  return {
    code: 'internal_error',
    message,
    hint: 'Check the last log lines of each attempt: a command that uses all memory can end the agent too. Otherwise rerun the failed jobs.',
  };
}
