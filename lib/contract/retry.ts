/** Trying again: the one retry and the one backoff of client, CLI, agent and the adapters of AWS. */

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
  /**
   * For how long it is tried again, from the first failure on, the tries included: of a host that is silent they take
   * longer than the pauses. No try begins later. Milliseconds.
   */
  readonly within?: number;
  readonly onRetry?: (error: unknown) => void;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** Pauses that double from attempt to attempt, from 1: `first`, twice that …, and never more than `longest`. Milliseconds. */
export const backoff =
  (first: number, longest: number): RetryRule['pause'] =>
  (attempt) =>
    Math.min(longest, first * 2 ** (attempt - 1));

/** Between a half and one and a half of it: as long in the mean, and at another moment for each who waits. */
export const jittered = (milliseconds: number): number => milliseconds * (0.5 + Math.random());

/**
 * Runs `act` until it works, fails for good, or may not be tried again. No wait is shorter than the server asks for, and
 * each is longer by a random part (AWS Architecture Blog, "Exponential Backoff And Jitter"), so that those who were
 * turned away together do not come back together.
 * @throws the last error; or the signal's reason once it is aborted
 */
export async function retry<Result>(act: () => Promise<Result>, rule: RetryRule): Promise<Result> {
  const { attempts = Number.POSITIVE_INFINITY, longest = Number.POSITIVE_INFINITY, signal } = rule;
  const { within = Number.POSITIVE_INFINITY, now = () => performance.now() } = rule;
  let firstFailure: number | undefined;
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
      const failedAt = now();
      firstFailure ??= failedAt;
      if (asked > longest || failedAt - firstFailure + wait > within) throw error;
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
