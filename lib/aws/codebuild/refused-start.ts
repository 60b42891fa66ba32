/** Errors with which CodeBuild refuses to start a build because too much is asked of the account at the moment. */

import type { Caught } from '../../domain/ports/compute.ts';

/**
 * As Step Functions names them; its definition retries on this list (stepfunctions/build.asl.yaml, `${StartRefused}`).
 *
 * - `AccountLimitExceededException`: all machines are in use and the queue, five times as long, is full (CodeBuild user
 *   guide, "Builds in CodeBuild").
 * - Throttling is in no list of StartBuild's errors (API reference; botocore's model of 2016-10-06), so the integration's
 *   Java SDK has no class for it: it comes as the service's base exception, `CodeBuildException` (`AWSCodeBuildException`
 *   of the SDK's first version), or, when the SDK itself gave up, as `SdkClientException`. Second source: state machines in
 *   use that retry on these names, CloudSnorkel's cdk-github-runners among them (`retryableErrors` of its CodeBuild runner).
 * - `ThrottlingException` is what other SDKs call it, and what the embedded cloud answers.
 */
export const START_REFUSED = [
  'CodeBuild.AccountLimitExceededException',
  'CodeBuild.ThrottlingException',
  'CodeBuild.CodeBuildException',
  'CodeBuild.AWSCodeBuildException',
  'CodeBuild.SdkClientException',
] as const;

/** These say by their name that the account is at a limit; the base exceptions stand for any unnamed error. */
const BY_NAME: ReadonlySet<string> = new Set([
  'CodeBuild.AccountLimitExceededException',
  'CodeBuild.ThrottlingException',
]);
const BY_CAUSE = /rate exceeded|throttl|too ?many ?requests|status code: (429|5\d\d)/i;

/** Whether the account was at a limit, for good: the workflow has tried for as long as it tries. */
export function isAtCapacity({ error, cause }: Caught): boolean {
  if (BY_NAME.has(error)) return true;
  return START_REFUSED.some((name) => name === error) && BY_CAUSE.test(cause);
}
