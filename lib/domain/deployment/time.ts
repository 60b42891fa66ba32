/** How long a deployment may take. */
import { bakeSecondsOf, type Target } from '../target/index.ts';
import { MAX_BAKE_SECONDS } from '../target/lambda.ts';

/**
 * Looks whether a changed function is ready: Lambda takes a second or two for most, a minute in a VPC. The slow ones leave
 * the account's quota to others.
 */
export const LOOKS = { quick: 5, quickPauseSeconds: 1, slow: 23, slowPauseSeconds: 5 };

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

/** When the workflow itself is ended: with the longest that a version may be watched. */
export const DEPLOYMENT_TIMEOUT_SECONDS = DEPLOYMENT_WORK_SECONDS + MAX_BAKE_SECONDS;

/** Half as long again as the workflow may take, so it is surely gone: 45 minutes, and what its traffic bakes. */
export const overdueMs = (target: Target): number =>
  1000 * (1.5 * DEPLOYMENT_WORK_SECONDS + bakeSecondsOf(target));
