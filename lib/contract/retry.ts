/** Trying again: the one backoff of the client, the CLI and the agent. */

export interface RetryRule {
  /** How often in all; without end when absent. */
  readonly attempts?: number;
  /** Milliseconds to wait after the given attempt, from 1, when the server asks for nothing. */
  readonly pause: (attempt: number) => number;
  /** Whether another try can help. */
  readonly helps: (error: unknown) => boolean;
  /** Milliseconds that the server has asked to wait (`Retry-After`), if it has. */
  readonly asked?: (error: unknown) => number | undefined;
  /** Whoever is asked to wait longer tells its caller instead. Milliseconds. */
  readonly longest?: number;
  /** What all waits together may take. Milliseconds. */
  readonly within?: number;
  readonly onRetry?: (error: unknown) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `act` until it works, fails for good, or may not be tried again. No wait is shorter than the server asks for, and
 * each is longer by a random part (AWS Architecture Blog, "Exponential Backoff And Jitter"), so that those who were
 * turned away together do not come back together.
 * @throws the last error; or the signal's reason once it is aborted
 */
export async function retry<Result>(act: () => Promise<Result>, rule: RetryRule): Promise<Result> {
  const { attempts = Number.POSITIVE_INFINITY, longest = Number.POSITIVE_INFINITY, signal } = rule;
  let left = rule.within ?? Number.POSITIVE_INFINITY;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !rule.helps(error)) throw error;
      const asked = rule.asked?.(error) ?? 0;
      const pause = rule.pause(attempt);
      const wait = Math.max(asked, pause / 2) + Math.random() * Math.max(asked / 2, pause);
      if (asked > longest || wait > left) throw error;
      left -= wait;
      rule.onRetry?.(error);
      await waiting(wait, signal);
    }
  }
}

/** Without Node's timers: the client runs in browsers too. @throws the signal's reason once it is aborted */
function waiting(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
