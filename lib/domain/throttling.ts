/** What AWS's services call it when they are asked too often: over in a moment, and no fault of the request. */

/**
 * As AWS's own SDK knows the names (@smithy/service-error-classification, `THROTTLING_ERROR_CODES`). Left out are
 * LimitExceededException and ExecutionLimitExceeded: of Secrets Manager, KMS, ECR and Step Functions these are quotas of
 * how many there may be (API references), which no waiting mends.
 */
const THROTTLING = [
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
] as const;

/**
 * As a workflow meets them: a step's own error has the name that the SDK gave it, and a step that Lambda had no room for
 * has the service before it. Definitions retry on this list (stepfunctions/deployment.asl.yaml, `${Throttled}`).
 */
export const THROTTLED_STEP = [...THROTTLING, 'Lambda.TooManyRequestsException'] as const;

const NAMES: ReadonlySet<string> = new Set(THROTTLING);

/** @param name of an error that the SDK threw */
export function isThrottling(name: string): boolean {
  return NAMES.has(name);
}
