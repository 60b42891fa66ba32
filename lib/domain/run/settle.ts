/** What to do when a backend has ended without success: try again, or say why there is no more to try. */
import * as z from 'zod';
import { isAtLimit } from '../compute/index.ts';
import { jobs } from '../job/record.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { cut } from '../text.ts';
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
export const MAX_ATTEMPTS = 3;

/** The part of a CodeBuild build that tells how it ended, as the result of `.sync` holds it. */
const EndedBuild = z.object({
  BuildStatus: z.string(),
  /** A phase that failed says why in a context: `DOWNLOAD_SOURCE`, `PROVISIONING` (API reference, BuildPhase). */
  Phases: z
    .array(
      z.object({
        PhaseType: z.string().nullish(),
        Contexts: z.array(z.object({ Message: z.string().nullish() })).nullish(),
      }),
    )
    .nullish(),
});
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
 * a build that failed before its agent began are tried again with a new ticket; anything else fails the job with the
 * reason. A lack of machines is such a reason: the workflow has waited for one already. An error of waiting for its turn
 * is one too, and never leads to a build: the job would run beyond the project's limit.
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
  // An agent says how its job ended before it ends itself. One that did not was killed, as was one with its machine. One
  // that never claimed its job did not begin: its bundle could not be fetched, or there was no machine after all.
  const lost = build?.BuildStatus === 'FAULT' || build?.BuildStatus === 'FAILED';
  if (lost && stored.value.attempt < MAX_ATTEMPTS) {
    const dispatch = await newAttempt(ports, jobId, failFast);
    if (dispatch !== undefined) return { retry: true, dispatch };
  }
  await failJob(ports, jobId, failureOf(caught, build, stored.value.claim_id !== undefined));
  return { retry: false, end_all: failFast };
}

/** The backend's own limit, above the job's, was reached: the agent did not end the job itself. */
export const PAST_LIMIT: Failure = {
  code: 'timeout_error',
  message: 'The backend stopped the job: it ran past its limit, and its agent with it.',
  hint: 'Raise `timeout`, or make the build shorter.',
};

function failureOf(caught: Caught, build: z.infer<typeof EndedBuild> | undefined, claimed: boolean): Failure {
  switch (build?.BuildStatus) {
    case undefined:
      return notStarted(caught);
    case 'TIMED_OUT':
      return PAST_LIMIT;
    case 'STOPPED':
      return { code: 'cancelled', message: 'The build was stopped in CodeBuild.' };
    case 'FAULT':
      return lostFailure(`The build machine was lost ${MAX_ATTEMPTS} times.`);
    case 'FAILED':
      return lostFailure(
        claimed
          ? `The build agent ended without a result, ${MAX_ATTEMPTS} times.`
          : `The build failed before its agent began, ${MAX_ATTEMPTS} times${reasonOf(build)}`,
      );
    default:
      return lostFailure(`The build agent ended without a result (${build?.BuildStatus}).`);
  }
}

const lostFailure = (message: string): Failure => ({
  code: 'internal_error',
  message,
  hint: 'Run the build again; look at the logs for what it did last.',
});

/** What CodeBuild says of the phase that failed; much of it is the backend's own words, so it is cut. */
function reasonOf({ Phases: phases }: z.infer<typeof EndedBuild>): string {
  for (const { PhaseType: phase, Contexts: contexts } of phases ?? []) {
    const said = contexts?.find(({ Message: message }) => message)?.Message;
    if (said) return `: ${phase ?? 'a phase'}: ${cut(said, 300)}`;
  }
  return '.';
}

/** The call itself failed, or the wait for a turn. */
function notStarted(caught: Caught): Failure {
  if (caught.error === 'States.Timeout')
    return {
      code: 'timeout_error',
      message: "The job's turn in the queue did not come before its time was over.",
      hint: "Raise the project's max_concurrent_jobs or the build's timeout, or run it again when less is going on.",
    };
  if (isAtLimit(caught))
    return {
      code: 'resource_error',
      message: `There was no machine for the job: ${caught.error}, tried for up to 28 minutes.`,
      hint: 'Run it again later, build fewer jobs at once (max_parallel), or ask AWS for a higher quota of concurrent builds (Service Quotas, CodeBuild).',
    };
  return {
    code: 'internal_error',
    message: `The job could not be started: ${caught.error}.`,
    hint: 'Run the build again; if it stays, look at the log of the build workflow.',
  };
}
