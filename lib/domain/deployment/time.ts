/** How long a deployment may take. */
import { type JobSettings, MAX_JOB_SECONDS } from '../target/command.ts';
import { bakeSecondsOf, type Target } from '../target/index.ts';
import { MAX_BAKE_SECONDS } from '../target/traffic-steps.ts';
import type { Deployment } from './schema.ts';

/**
 * Looks whether a changed function is ready: Lambda takes a second or two for most, a minute in a VPC. The slow ones leave
 * the account's quota to others.
 */
export const LOOKS = { quick: 5, quickPauseSeconds: 1, slow: 23, slowPauseSeconds: 5 };

/**
 * The pauses between looks within the step that begins the change, in milliseconds: Lambda takes a second for most, and a
 * wait of the workflow costs two transitions and an invocation.
 */
export const SOON_MS = [100, 200, 300, 400];

/** All of them together: two minutes. */
export const LOOK_SECONDS = LOOKS.quick * LOOKS.quickPauseSeconds + LOOKS.slow * LOOKS.slowPauseSeconds;

/**
 * Of the looks at a step of traffic: as often as five seconds for a short one, and no more than a minute apart, as who
 * cancels a deployment waits for the next.
 */
export const SHORTEST_PAUSE_SECONDS = 5;
export const LONGEST_PAUSE_SECONDS = 60;

/**
 * What a deployment takes without the steps of its traffic: 30 minutes. A function is updated in seconds, its check takes
 * seconds; the rest is for an account whose quota of calls is used up for minutes, once on the way and once when it is
 * taken back (test/infrastructure/retries.test.ts).
 */
export const DEPLOYMENT_WORK_SECONDS = 30 * 60;

/** An hour beside a job's own time: for its turn in the project's queue, a machine, and attempts that are lost. */
export const JOB_WAIT_SECONDS = 3600;

/** 5 minutes: an event that is lost delays a deployment by no more, and an hour of waiting costs twelve looks. */
export const JOB_LOOK_SECONDS = 300;

const jobSeconds = (settings: JobSettings | undefined): number =>
  settings === undefined ? 0 : settings.timeout_seconds + JOB_WAIT_SECONDS;

/** When the workflow itself is ended: with the longest that a version may be watched, made and tested. */
export const DEPLOYMENT_TIMEOUT_SECONDS =
  DEPLOYMENT_WORK_SECONDS + MAX_BAKE_SECONDS + 2 * (MAX_JOB_SECONDS + JOB_WAIT_SECONDS);

/** Half as long again as its work may take: 45 minutes, what its traffic bakes, and its jobs. */
const overdueMs = ({ target, test }: { target: Target; test?: JobSettings | undefined }): number =>
  1000 *
  (1.5 * DEPLOYMENT_WORK_SECONDS +
    bakeSecondsOf(target) +
    jobSeconds(target.kind === 'command' ? target : undefined) +
    jobSeconds(test));

/** Whether the workflow must have ended: steps that come later do nothing, and the environment is free. */
export function isOverdue(deployment: Deployment, now: Date): boolean {
  return (
    now.getTime() - Date.parse(deployment.started_at ?? deployment.admitted_at ?? deployment.created_at) >
    overdueMs(deployment)
  );
}
