/** How long a deployment may take. */

/**
 * Looks whether a changed function is ready: Lambda takes a second or two for most, a minute in a VPC. The slow ones leave
 * the account's quota to others.
 */
export const LOOKS = { quick: 5, quickPauseSeconds: 1, slow: 23, slowPauseSeconds: 5 };

/** All of them together: two minutes. */
export const LOOK_SECONDS = LOOKS.quick * LOOKS.quickPauseSeconds + LOOKS.slow * LOOKS.slowPauseSeconds;

/**
 * When the workflow itself is ended: 30 minutes. A function is updated in seconds, its check takes seconds; the rest is for
 * an account whose quota of calls is used up for minutes, once on the way and once when it is taken back
 * (test/infrastructure/retries.test.ts).
 */
export const DEPLOYMENT_TIMEOUT_SECONDS = 30 * 60;

/** 45 minutes: half as long again as the workflow may take, so it is surely gone. */
export const OVERDUE_MS = 1.5 * DEPLOYMENT_TIMEOUT_SECONDS * 1000;
