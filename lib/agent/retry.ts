import { setTimeout as delay } from 'node:timers/promises';

export interface RetryOptions {
  readonly attempts: number;
  readonly signal?: AbortSignal;
  /** Whether another try can help. */
  readonly helps: (error: unknown) => boolean;
  /** Milliseconds that the server has asked to wait, if it has. */
  readonly asked?: (error: unknown) => number | undefined;
}

/** The first wait, doubled each time. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/**
 * Tries again with exponential backoff and full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), so
 * that many agents which lost the same server do not come back together.
 *
 * @throws the last error; or the signal's reason once it is aborted
 */
export async function retry<Result>(act: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (attempt >= options.attempts || !options.helps(error)) throw error;
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
      const asked = Math.min(LONGEST_WAIT_MS, options.asked?.(error) ?? 0);
      const wait = Math.max(asked, FIRST_WAIT_MS / 2) + Math.random() * longest;
      await delay(wait, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}
