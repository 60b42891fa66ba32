/** Calls that a service of AWS makes for an account: one that is throttled is made again, as the service's own SDK does. */
import { setTimeout as pause } from 'node:timers/promises';
import { AwsError } from './service.ts';

/** Rates are counted by the second. */
const PAUSE = 1_000;

export interface Patience {
  /** How often a throttled call is made again. */
  readonly retries: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** @throws the call's error, when it is another one or there were enough retries; AbortError once the signal is aborted */
export async function throughThrottling<T>(
  call: () => Promise<T>,
  { retries, signal }: Patience,
): Promise<T> {
  for (let made = 0; ; made++)
    try {
      return await call();
    } catch (error) {
      const isThrottled = error instanceof AwsError && error.code === 'ThrottlingException';
      if (!isThrottled || made >= retries) throw error;
      // By a random part longer, so that those who were refused together do not come back together.
      await pause(PAUSE * (1 + Math.random()), undefined, signal && { signal });
    }
}
