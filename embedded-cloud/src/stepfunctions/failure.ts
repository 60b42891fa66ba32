/** How a state fails, and which failures a Retry or Catch clause takes. */

/** A state's failure: `error` is its name (`States.Timeout`, `Lambda.Unknown`, an own name), `cause` its explanation. */
export class StateFailure extends Error {
  readonly error: string;
  override readonly cause: string;
  /** The field whose expression failed, e.g. `Output/digest`. */
  readonly location: string | undefined;

  constructor(error: string, cause = '', location?: string) {
    super(`${error}: ${cause}`);
    this.name = 'StateFailure';
    this.error = error;
    this.cause = cause;
    this.location = location;
  }

  /** The error output that `$states.errorOutput` shows. */
  get output(): { Error: string; Cause: string } {
    return { Error: this.error, Cause: this.cause };
  }
}

/**
 * Whether an `ErrorEquals` list takes an error
 * (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html): `States.Runtime` is never
 * taken, `States.DataLimitExceeded` only by its own name, `States.TaskFailed` takes everything but timeouts, and
 * `States.Timeout` also a missed heartbeat.
 */
export function takes(errorEquals: readonly string[], error: string): boolean {
  if (error === 'States.Runtime') return false;
  const isTimeout = error === 'States.Timeout' || error === 'States.HeartbeatTimeout';
  const isTerminal = error === 'States.DataLimitExceeded';
  return errorEquals.some((name) => {
    if (name === error) return true;
    if (name === 'States.ALL') return !isTerminal;
    if (name === 'States.TaskFailed') return !isTimeout && !isTerminal;
    return name === 'States.Timeout' && isTimeout;
  });
}
