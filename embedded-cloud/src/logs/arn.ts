/** ARNs of CloudWatch Logs, and which of them an IAM policy is asked about. */
import { AwsError, type Cloud } from '../service.ts';

/** ARN of a group as the service shows it in `arn`, and as `Fn::GetAtt Arn` gives it: with a trailing `:*`. */
export function groupArn(cloud: Cloud, group: string): string {
  return `${bareGroupArn(cloud, group)}:*`;
}

/** ARN of a group as tagging calls take it: without the trailing `:*`. */
export function bareGroupArn(cloud: Cloud, group: string): string {
  return `arn:${cloud.partition}:logs:${cloud.region}:${cloud.accountId}:log-group:${group}`;
}

export function streamArn(cloud: Cloud, group: string, stream: string): string {
  return `${bareGroupArn(cloud, group)}:log-stream:${stream}`;
}

/**
 * The resource that IAM is asked about for an action on a whole group: AWS asks about `…:log-group:NAME:log-stream:`
 * (as its AccessDenied messages show), so a policy on `…:log-group:NAME:*` allows it and one on `…:log-group:NAME`,
 * without the trailing `:*`, does not.
 */
export function groupActionArn(cloud: Cloud, group: string): string {
  return streamArn(cloud, group, '');
}

/** Name of the group in any of the forms a caller may send: name, ARN, ARN with `:*`. */
export function groupNameOf(identifier: string): string {
  const match = /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(identifier);
  return match?.[1] ?? identifier;
}

/** The error for a request that names no group, or names it twice. */
export function invalidParameterGroup(): AwsError {
  return new AwsError(
    'InvalidParameterException',
    'Exactly one of logGroupName and logGroupIdentifier is required.',
  );
}
