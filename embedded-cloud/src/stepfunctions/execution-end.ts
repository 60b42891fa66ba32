/** The ways in which an execution ends. */
import { StateFailure } from './failure.ts';
import type { ExecutionStatus } from './store.ts';

/** How an execution ended. */
export interface End {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** The history event of each end. */
export const END_EVENTS = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

/** The end that an uncaught failure makes. */
export function failedEnd(error: unknown): End {
  if (error instanceof StateFailure) return { status: 'FAILED', error: error.error, cause: error.cause };
  return {
    status: 'FAILED',
    error: 'States.Runtime',
    cause: error instanceof Error ? error.message : String(error),
  };
}
