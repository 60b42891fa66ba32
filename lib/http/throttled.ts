/** Throttling by a service of AWS: no defect of ours, and over in a second. */
import { StaitheError } from '../domain/error.ts';

/**
 * The names by which services say so, as AWS's own SDK knows them (@smithy/service-error-classification,
 * `THROTTLING_ERROR_CODES`). Left out are LimitExceededException and ExecutionLimitExceeded: of Secrets Manager, KMS, ECR
 * and Step Functions these are quotas of how many there may be (API references), which no waiting mends.
 */
const NAMES: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/** @returns what the caller is told when `error` is a service's throttling; undefined when it is anything else */
export function atLimit(error: unknown): StaitheError | undefined {
  if (!(error instanceof Error) || !NAMES.has(error.name)) return undefined;
  return new StaitheError('at_limit', `A service of AWS is asked too often at the moment (${error.name}).`);
}
