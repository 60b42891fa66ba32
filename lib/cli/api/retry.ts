/** Retries of requests that failed on the way: a broken connection, a gateway, too many requests. */
import { retry } from '../../contract/retry.ts';

/**
 * Three retries within two seconds: enough for a dropped connection, and short enough that somebody whose server is not
 * running gets the error at once.
 */
const PAUSES_MS = [200, 600, 1200] as const;

/**
 * For commands that follow something: a server restarts within seconds, and within a minute if it has to synthesize its
 * template. Two minutes from the first failure on; STAITHE_RETRY_SECONDS is another time.
 */
const PERSISTENT_SECONDS = 120;
/** Rare enough for a laptop that is busy starting the server. */
const PERSISTENT_PAUSE_MS = 500;

/** STAITHE_PATIENCE is the former name of STAITHE_RETRY_SECONDS. */
function persistentMs(): number {
  const seconds = process.env.STAITHE_RETRY_SECONDS ?? process.env.STAITHE_PATIENCE ?? '';
  return (/^\d{1,6}$/.test(seconds) ? Number(seconds) : PERSISTENT_SECONDS) * 1000;
}

/** Statuses of a gateway without its service, and of too many requests. A 500 is an error of the service and is final. */
export const TRANSIENT_STATUSES: readonly number[] = [429, 502, 503, 504];

/** The error is reported instead of a longer wait that the server asks for. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Runs `attempt` until it works, fails with a final error, or has failed four times; waits as long as the server asks.
 * @param persistent retry for minutes instead of four times
 * @param retryAfter milliseconds that the server asks for
 * @throws the error of the last attempt
 */
export function withRetries<T>(
  attempt: () => Promise<T>,
  isTransient: (error: unknown) => boolean,
  onRetry: (error: unknown) => void = () => {},
  retryAfter: (error: unknown) => number | undefined = () => undefined,
  persistent = false,
): Promise<T> {
  return retry(attempt, {
    ...(persistent
      ? { within: persistentMs(), pause: () => PERSISTENT_PAUSE_MS }
      : { attempts: PAUSES_MS.length + 1, pause: (failed) => PAUSES_MS[failed - 1] ?? 0 }),
    helps: isTransient,
    asked: retryAfter,
    longest: LONGEST_WAIT_MS,
    onRetry,
  });
}
