/** How an invocation ended, as the caller of Invoke sees it. */
export interface Outcome {
  /** JSON text: what the handler returned, or the error object. */
  readonly payload: string;
  /** `Unhandled` when the function failed: `X-Amz-Function-Error`. */
  readonly functionError?: 'Unhandled';
  /** Milliseconds that the function had the event; not there when it never got it. */
  readonly duration?: number;
  /** The function was never reached: no fault of it, and none of its attempts. */
  readonly unreached?: true;
}

/** No process could be started for the function. */
export function spawnFailed(requestId: string, message: string): Outcome {
  return { ...platformError('Sandbox.SpawnFailed', requestId, message), unreached: true };
}

/** What the caller gets. */
export interface Result extends Outcome {
  /** Base64 of the last 4 KB of the log. */
  readonly logTail: string;
}

/** An error that the platform, not the function, reports. */
export function platformError(errorType: string, requestId: string, message: string): Outcome {
  const errorMessage = `RequestId: ${requestId} Error: ${message}`;
  return { payload: JSON.stringify({ errorType, errorMessage }), functionError: 'Unhandled' };
}
