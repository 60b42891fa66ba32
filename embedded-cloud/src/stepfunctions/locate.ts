/** Where a failure happened. */
import type { Branch } from './branch.ts';
import { StateFailure } from './failure.ts';

const OF_INTERPRETER = new Set(['States.DataLimitExceeded', 'States.NoChoiceMatched', 'States.Runtime']);

/** Errors of the interpreter itself say which state they happened in, as on AWS; they are recorded once. */
export function located(branch: Branch, error: unknown): StateFailure {
  const failure =
    error instanceof StateFailure
      ? error
      : new StateFailure('States.Runtime', error instanceof Error ? error.message : String(error));
  const ofInterpreter = failure.location !== undefined || OF_INTERPRETER.has(failure.error);
  if (!ofInterpreter || failure.cause.startsWith('An error occurred while executing')) return failure;
  const { state, enteredEvent } = branch.position;
  const place = `An error occurred while executing the state '${state}' (entered at the event id #${enteredEvent}).`;
  const whole = new StateFailure(failure.error, `${place} ${failure.cause}`);
  if (failure.location !== undefined) {
    branch.record('EvaluationFailed', {
      evaluationFailedEventDetails: {
        error: whole.error,
        cause: whole.cause,
        location: failure.location,
        state,
      },
    });
  }
  return whole;
}
