/** When a notification is sent again, and when it is given up. */

/** A function that sends takes 10 s for the request and little else; then another may take over. Seconds. */
export const SENDER_TIMEOUT_SECONDS = 30;

/** The longest that a target may take to answer: the spec asks for 15 to 30 s at most, and a receiver has to queue anyway. */
export const ANSWER_MS = 10_000;

/** What is being sent has ended by then, or its sender has died. */
export const SENDING_MS = 60_000;

/** What waits to be taken by a sender is taken within seconds; Lambda itself tries an event again after 1 and 2 minutes. */
export const PENDING_MS = 5 * 60_000;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * Pauses after the first, second … attempt: a receiver that restarts misses nothing for long, and one that is away for a
 * night is asked seldom. Together 24 h, so the eighth and last attempt is a day after the first.
 */
const PAUSES_MS = [MINUTE, 5 * MINUTE, 24 * MINUTE, 1.5 * HOUR, 4 * HOUR, 8 * HOUR, 10 * HOUR];

export const MAX_ATTEMPTS = PAUSES_MS.length + 1;

/** From the first attempt to the last. */
export const RETRIED_MS = PAUSES_MS.reduce((sum, pause) => sum + pause, 0);

/** No receiver can ask for a longer pause than the longest of these. */
const LONGEST_MS = Math.max(...PAUSES_MS);

/**
 * @param attempts that have failed
 * @param askedSeconds the receiver's `Retry-After`
 * @returns when the next one is due; undefined when there is none
 */
export function nextAttempt(now: Date, attempts: number, askedSeconds = 0): Date | undefined {
  const pause = PAUSES_MS[attempts - 1];
  if (pause === undefined) return undefined;
  return new Date(now.getTime() + Math.max(pause, Math.min(askedSeconds * 1000, LONGEST_MS)));
}
