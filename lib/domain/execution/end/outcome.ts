/** What a run comes to: it follows from what its jobs came to. Pure. */

import { countsInWords, countsOf } from '../model/counts.ts';
import type { Cause, Outcome } from '../model/ended.ts';
import type { Job } from '../model/job.ts';
import type { Failure, Run } from '../model/run.ts';
import { MAX_ARTIFACTS } from '../model/size.ts';

/**
 * - Jobs that have all completed make a completed run, whatever was about to end it.
 * - A run without jobs, or one that had jobs ended by `cause`, ends by that.
 * - Any other ends by its jobs: failed if one has failed, else cancelled.
 *
 * So a failed run has a failed job, a cancelled one a cancelled job, or none has any.
 * @param jobs all jobs of the run; each has ended
 * @param cut whether the cause has ended any of them
 */
export function outcomeOf(
  run: Pick<Run, 'kept_artifact_ids'>,
  jobs: readonly Job[],
  cause: Cause,
  cut: boolean,
): Outcome {
  if (jobs.length > 0 && jobs.every(({ status }) => status === 'completed')) return completed(run, jobs);
  if (jobs.length === 0 || cut) {
    if (cause.kind === 'failed') return { status: 'failed', error: cause.error };
    if (cause.kind === 'cancelled') {
      const { kind: _, ...more } = cause;
      return { status: 'cancelled', ...more };
    }
  }
  const first = jobs.find(({ status }) => status === 'failed');
  if (first !== undefined) return { status: 'failed', error: failureOf(first, jobs) };
  if (jobs.length > 0) return { status: 'cancelled' };
  return {
    status: 'failed',
    error: { code: 'internal_error', message: UNPLANNED, hint: 'Rerun the build.' },
  };
}

const UNPLANNED = 'The workflow of the run ended before it was planned.';

function completed(
  { kept_artifact_ids: kept }: Pick<Run, 'kept_artifact_ids'>,
  jobs: readonly Job[],
): Outcome {
  const artifact_ids = [...kept, ...jobs.flatMap((job) => job.artifact_ids)];
  return artifact_ids.length > MAX_ARTIFACTS
    ? { status: 'failed', error: tooMany(artifact_ids) }
    : { status: 'completed', artifact_ids };
}

const tooMany = ({ length }: readonly string[]): Failure => ({
  code: 'resource_error',
  message: `The jobs created ${length} artifacts; the maximum of a run is ${MAX_ARTIFACTS}.`,
  hint: 'Make each service pack its files into fewer artifacts, or build fewer services at once.',
});

/** The error of the first failed job, with how the others ended. */
function failureOf(first: Job, jobs: readonly Job[]): Failure {
  const error: Failure = first.error ?? {
    code: 'internal_error',
    message: `The job '${first.name}' failed.`,
    job_id: first.id,
  };
  if (jobs.length === 1) return error;
  return { ...error, message: `${error.message} (${countsInWords(countsOf(jobs))}.)` };
}
