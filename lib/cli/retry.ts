/** Trying again what failed on the way: a broken connection, a gateway, too many requests. */
import { retry } from '../contract/retry.ts';

/**
 * Three more tries within two seconds: enough for a dropped connection or a server that restarts, and short enough
 * that somebody who has not started the server is told so at once.
 */
const PAUSES_MS = [200, 600, 1200] as const;

/**
 * Who follows something waits for a server that restarts: that takes seconds, and up to a minute where it has to make its
 * template anew. Two minutes from the first failure on, unless STAITHE_PATIENCE says otherwise, in seconds.
 */
const PATIENCE_SECONDS = 120;
/** Seldom enough for a laptop that is busy starting the server. */
const PATIENT_PAUSE_MS = 500;

function patienceMs(): number {
  const said = process.env.STAITHE_PATIENCE ?? '';
  return (/^\d{1,6}$/.test(said) ? Number(said) : PATIENCE_SECONDS) * 1000;
}

/** Statuses of gateways that did not get through, and of too many requests. A 500 is the service's own and stays. */
export const MAY_PASS: readonly number[] = [429, 502, 503, 504];

/** Whoever is asked to come back later than this is told so. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Runs `attempt` until it works, fails for good, or was tried four times; not before the server wants to be asked again.
 * @param patient it is tried for as long as somebody who follows waits, instead of four times
 * @param retryAfter milliseconds that the server has asked for
 * @throws what the last attempt threw
 */
export function withRetries<T>(
  attempt: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  onRetry: (error: unknown) => void = () => {},
  retryAfter: (error: unknown) => number | undefined = () => undefined,
  patient = false,
): Promise<T> {
  return retry(attempt, {
    ...(patient
      ? { within: patienceMs(), pause: () => PATIENT_PAUSE_MS }
      : { attempts: PAUSES_MS.length + 1, pause: (failed) => PAUSES_MS[failed - 1] ?? 0 }),
    helps: mayPass,
    asked: retryAfter,
    longest: LONGEST_WAIT_MS,
    onRetry,
  });
}
