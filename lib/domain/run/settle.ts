/** What to do when a backend has ended without success: try again, or say why there is no more to try. */
import * as z from 'zod';
import { jobs } from '../job/record.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import type { Dispatch } from './dispatch.ts';
import { failJob } from './end.ts';
import { newAttempt } from './plan.ts';
import { type Failure, JOB_LIFECYCLE as LIFECYCLE } from './schema.ts';

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

/** What the workflow does next. */
type Settled =
  | { readonly retry: true; readonly dispatch: Dispatch }
  | { readonly retry: false /** Ends the other jobs too. */; readonly end_all: boolean };

/**
 * The backend ended without success. A job that has reported stays as it is. A lost machine, an agent that was killed and
 * a lack of capacity are tried again with a new ticket; anything else fails the job with the reason.
 */
export async function settle(
  ports: Pick<Ports, 'table' | 'installation' | 'clock' | 'randomness'>,
  jobId: string,
  caught: Caught,
  failFast = false,
): Promise<Settled> {
  const stored = await jobs.get(ports.table, Keys.job(jobId));
  if (stored === undefined) return { retry: false, end_all: false };
  if (isFinal(LIFECYCLE, stored.value.status))
    return { retry: false, end_all: failFast && stored.value.status !== 'completed' };
  const build = buildIn(caught.cause);
  // An agent says how its job ended before it ends itself. One that did not was killed, as was one with its machine.
  const lost =
    build?.BuildStatus === 'FAULT' ||
    build?.BuildStatus === 'FAILED' ||
    /AccountLimitExceeded|Throttl|TooManyRequests/i.test(caught.error);
  if (lost && stored.value.attempt < MAX_ATTEMPTS) {
    const dispatch = await newAttempt(ports, jobId, failFast);
    if (dispatch !== undefined) return { retry: true, dispatch };
  }
  await failJob(ports, jobId, failureOf(caught, build?.BuildStatus, lost));
  return { retry: false, end_all: failFast };
}

/** The backend's own limit, above the job's, was reached: the agent did not end the job itself. */
export const PAST_LIMIT: Failure = {
  code: 'timeout_error',
  message: 'The backend stopped the job: it ran past its limit, and its agent with it.',
  hint: 'Raise `timeout`, or make the build shorter.',
};

function failureOf(caught: Caught, status: string | undefined, lost: boolean): Failure {
  if (status === 'TIMED_OUT') return PAST_LIMIT;
  if (caught.error === 'States.Timeout')
    return {
      code: 'timeout_error',
      message: "The job's turn in the queue did not come before its time was over.",
      hint: "Raise the project's max_concurrent_jobs or the build's timeout, or run it again when less is going on.",
    };
  if (lost && status === undefined)
    return {
      code: 'resource_error',
      message: `There was no machine for the job: ${caught.error}, after 15 minutes of trying.`,
      hint: 'Run it again later, or ask AWS for a higher quota of concurrent builds (Service Quotas, CodeBuild).',
    };
  if (lost)
    return {
      code: 'internal_error',
      message:
        status === 'FAILED'
          ? `The build agent ended without a result, ${MAX_ATTEMPTS} times.`
          : `The build machine was lost ${MAX_ATTEMPTS} times.`,
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
