import type { Failure } from './run.ts';

/** What is wrong with the input of a run: it fails the run, and no repeat would help. */
export class PlanFailure extends Error {
  override readonly name = 'PlanFailure';
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The operator of the installation has decided against it. */
export const policyFailure = (message: string, hint: string): PlanFailure =>
  new PlanFailure({ code: 'policy_error', message, hint });

export const manifestFailure = (message: string, hint: string): PlanFailure =>
  new PlanFailure({ code: 'manifest_error', message, hint });
