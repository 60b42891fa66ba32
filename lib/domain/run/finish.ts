/** The later steps of the build workflow: what to do when a backend gave up on a job, and how a run ends. */
import * as z from 'zod';
import { jobs } from '../job/record.ts';
import type { Job } from '../job/schema.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { fail, jobsOf } from './index.ts';
import { type Dispatch, newAttempt } from './plan.ts';
import { runs } from './record.ts';
import { type Failure, fitting, RUN_LIFECYCLE as LIFECYCLE, type Run } from './schema.ts';

/** What Step Functions caught: an error's name and, of a CodeBuild build that failed, the build as JSON. */
export interface Caught {
  readonly error: string;
  readonly cause: string;
}

/** Three: a machine that is lost once is bad luck, three times is a reason to look. */
const MAX_ATTEMPTS = 3;

/** The part of a CodeBuild build that tells how it ended, as the result of `.sync` holds it. */
const EndedBuild = z.object({ BuildStatus: z.string() });
const Cause = z.union([z.object({ Build: EndedBuild }).transform(({ Build }) => Build), EndedBuild]);

function buildIn(cause: string): z.infer<typeof EndedBuild> | undefined {
  try {
    return Cause.safeParse(JSON.parse(cause)).data;
  } catch {
    return undefined; // not JSON: an error of the call itself
  }
}

/**
 * The backend ended without success. A job that has reported stays as it is. A lost machine or a lack of capacity is
 * tried again with a new ticket; anything else fails the job with the reason.
 */
export async function settle(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  jobId: string,
  caught: Caught,
): Promise<{ retry: false } | { retry: true; dispatch: Dispatch }> {
  const stored = await jobs.get(ports.table, Keys.job(jobId));
  if (stored === undefined || isFinal(LIFECYCLE, stored.value.status)) return { retry: false };
  const build = buildIn(caught.cause);
  const lost =
    build?.BuildStatus === 'FAULT' || /AccountLimitExceeded|Throttl|TooManyRequests/i.test(caught.error);
  if (lost && stored.value.attempt < MAX_ATTEMPTS) {
    const dispatch = await newAttempt(ports, jobId, 1);
    if (dispatch !== undefined) return { retry: true, dispatch };
  }
  await failJob(ports, jobId, failureOf(caught, build?.BuildStatus, lost));
  return { retry: false };
}

function failureOf(caught: Caught, status: string | undefined, lost: boolean): Failure {
  if (status === 'TIMED_OUT')
    return {
      code: 'timeout_error',
      message: 'The backend stopped the job: it ran past its limit, and its agent with it.',
      hint: 'Raise `timeout`, or make the build shorter.',
    };
  if (lost)
    return {
      code: 'internal_error',
      message: `The build machine was lost ${MAX_ATTEMPTS} times.`,
      hint: 'Run the build again; look at the logs for what it did last.',
    };
  if (status === 'STOPPED') return { code: 'cancelled', message: 'The build was stopped in CodeBuild.' };
  return {
    code: 'internal_error',
    message:
      status === undefined
        ? `The job could not be started: ${caught.error}.`
        : `The build agent ended without a result (${status}).`,
    hint: 'Run the build again; if it stays, look at the log of the job.',
  };
}

async function failJob(ports: Pick<Ports, 'table' | 'clock'>, jobId: string, error: Failure): Promise<void> {
  const now = ports.clock.now().toISOString();
  await jobs.update(ports.table, Keys.job(jobId), (job) =>
    isFinal(LIFECYCLE, job.status)
      ? undefined
      : {
          ...job,
          status: 'failed',
          stage: 'failed',
          error: fitting({ ...error, job_id: jobId, service: job.service }),
          completed_at: now,
        },
  );
}

/** Ends a run whose jobs have all ended. Repeats, and runs cancelled meanwhile, change nothing. */
export async function finish(
  ports: Pick<Ports, 'table' | 'clock'>,
  runId: string,
): Promise<Pick<Run, 'status'>> {
  const stored = await runs.get(ports.table, Keys.run(runId));
  if (stored === undefined) throw new Error(`There is no run ${runId}.`);
  if (isFinal(LIFECYCLE, stored.value.status)) return { status: stored.value.status };
  if (stored.value.status === 'pending') {
    const failure: Failure = { code: 'internal_error', message: 'The run ended before it was planned.' };
    return { status: (await fail(ports, runId, failure))?.status ?? 'failed' };
  }
  let ended = await jobsOf(ports, stored.value);
  const silent = ended.filter((job) => !isFinal(LIFECYCLE, job.status));
  if (silent.length > 0) {
    const failure: Failure = {
      code: 'internal_error',
      message: 'The build agent ended without a result.',
      hint: 'Run the build again.',
    };
    await Promise.all(silent.map((job) => failJob(ports, job.id, failure)));
    ended = await jobsOf(ports, stored.value);
  }
  const failure = failureOfJobs(ended);
  if (failure !== undefined) return { status: (await fail(ports, runId, failure))?.status ?? 'failed' };
  const completed = await runs.update(ports.table, Keys.run(runId), (run) =>
    isFinal(LIFECYCLE, run.status)
      ? undefined
      : {
          ...run,
          status: 'completed',
          stage: 'done',
          progress: 100,
          artifact_ids: ended.flatMap((job) => job.artifact_ids),
          completed_at: ports.clock.now().toISOString(),
        },
  );
  return { status: completed?.value.status ?? 'failed' };
}

/** The error of the first failed job, with how many failed beside it. */
function failureOfJobs(ended: readonly Job[]): Failure | undefined {
  const failed = ended.filter((job) => job.status !== 'completed');
  const first = failed[0];
  if (first === undefined) return undefined;
  const error: Failure = first.error ?? {
    code: 'cancelled',
    message: `The job of service '${first.service}' was cancelled.`,
    job_id: first.id,
  };
  return failed.length === 1
    ? error
    : { ...error, message: `${error.message} (${failed.length} of ${ended.length} jobs failed.)` };
}
