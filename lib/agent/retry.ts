/** How patiently the agent tries again. */
import { backoff, retry as retryBy } from '../contract/retry.ts';

export interface RetryOptions {
  readonly attempts: number;
  readonly signal?: AbortSignal;
  /** Whether another try can help. */
  readonly helps: (error: unknown) => boolean;
  /** Milliseconds that the server has asked to wait, if it has. */
  readonly asked?: (error: unknown) => number | undefined;
}

/** Before the second try, doubled each time. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** Whoever asks for more is asked again after that: a build is worth it. */
const LONGEST_ASKED_MS = 10_000;

/** @throws the last error; or the signal's reason once it is aborted */
export function retry<Result>(act: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  return retryBy(act, {
    ...options,
    pause: backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
    asked: (error) => Math.min(LONGEST_ASKED_MS, options.asked?.(error) ?? 0),
  });
}
