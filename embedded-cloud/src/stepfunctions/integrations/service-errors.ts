/** How an error of a service is named in a state machine. */
import { AwsError } from '../../service.ts';
import { StateFailure } from '../failure.ts';

/** Codes of errors that no service models: they surface as the service's general exception. */
const UNMODELLED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnrecognizedClientException',
  'ValidationError',
  'ValidationException',
]);

export interface ErrorNames {
  /** Before the dot: `DynamoDb` for AWS SDK integrations, `DynamoDB` for the optimized one. */
  readonly prefix: string;
  /** The general exception: `DynamoDbException`, `AWSLambdaException`. */
  readonly general: string;
}

/**
 * The failure of a task whose call failed: `<Prefix>.<Exception>`, always ending in `Exception`, as the Java SDK names
 * them (https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html).
 */
export function serviceFailure(names: ErrorNames, error: unknown): StateFailure {
  if (error instanceof StateFailure) return error;
  if (!(error instanceof AwsError)) {
    return new StateFailure(
      `${names.prefix}.SdkClientException`,
      error instanceof Error ? error.message : String(error),
    );
  }
  const modelled = error.code.endsWith('Exception') ? error.code : `${error.code}Exception`;
  const name = UNMODELLED.has(error.code) ? names.general : modelled;
  const cause = `${error.message} (Service: ${names.prefix}, Status Code: ${error.status}, Error Code: ${error.code})`;
  return new StateFailure(`${names.prefix}.${name}`, cause);
}
