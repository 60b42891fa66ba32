/** Throttling by a service of AWS: no defect of ours, and over in a second. */
import { StaitheError } from '../domain/error.ts';
import { isThrottling } from '../domain/throttling.ts';

/** @returns what the caller is told when `error` is a service's throttling; undefined when it is anything else */
export function atLimit(error: unknown): StaitheError | undefined {
  if (!(error instanceof Error) || !isThrottling(error.name)) return undefined;
  return new StaitheError('at_limit', `An AWS service throttles requests at the moment (${error.name}).`);
}
