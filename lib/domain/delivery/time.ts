/** How long a delivery may take: to build a push, and to wait for the git host before. */

/** GitHub counts by the hour, and others at the same address may have used up the next one too. */
export const MAX_WAITS = 3;
/** An hour, and what clocks may differ by. */
export const MAX_WAIT_SECONDS = 3700;

/**
 * 15 minutes without a wait, for 25 projects, three at a time: an archive of 100 MiB takes a minute, and the retries through
 * an outage half of their longest pauses in the mean.
 */
export const DELIVERY_WORK_SECONDS = 15 * 60;

/** When the workflow itself is ended. */
export const DELIVERY_TIMEOUT_SECONDS = MAX_WAITS * MAX_WAIT_SECONDS + DELIVERY_WORK_SECONDS;

/** 30 minutes: twice what the workflow may take without a wait, so it is surely gone. */
export const OVERDUE_MS = 2 * DELIVERY_WORK_SECONDS * 1000;
