/**
 * What becomes of an event that a target did not take: the queue that the target names gets it, as it came, with the reason
 * in attributes (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html).
 */
import { AwsError, type Cloud } from '../service.ts';
import { checkRegion, type Place } from './arn.ts';
import { validationError } from './input.ts';
import type { Target } from './target.ts';
import { queuePath, ruleService } from './target-principal.ts';

export interface Undelivered {
  readonly target: Target;
  readonly ruleArn: string;
  /** The event as JSON, before any transformation for the target. */
  readonly event: string;
  readonly error: unknown;
  /** Tries after the first one. */
  readonly retries: number;
  /** Which part of the retry policy was used up; undefined when no retry could have helped. */
  readonly exhausted?: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | undefined;
}

/** @throws AwsError ValidationException when it is no standard queue of the rule's region */
export function checkDeadLetterConfig(
  place: Place,
  { DeadLetterConfig, Id }: Pick<Target, 'DeadLetterConfig' | 'Id'>,
): void {
  const { Arn } = DeadLetterConfig ?? {};
  if (Arn === undefined) return;
  const what = `The dead-letter queue of target ${Id}`;
  if (!/^arn:[^:]+:sqs:[^:]*:\d{12}:[A-Za-z0-9_-]{1,80}$/.test(Arn))
    throw validationError(`${what} must be a standard queue of SQS, and is ${Arn}.`);
  checkRegion(place, Arn, what);
}

/** @returns what happened, for the log: the event is in the queue, or is lost */
export async function sendDeadLetter(cloud: Cloud, undelivered: Undelivered): Promise<string> {
  const { target, ruleArn, event } = undelivered;
  const queue = target.DeadLetterConfig?.Arn;
  if (queue === undefined) return 'the event is lost';
  try {
    await cloud.call(ruleService(ruleArn), 'sqs', 'SendMessage', {
      QueueUrl: queuePath(queue),
      MessageBody: event,
      MessageAttributes: attributesOf(undelivered),
    });
    return `the event is in ${queue}`;
  } catch (error) {
    return `the event is lost, as ${queue} did not take it: ${textOf(error)}`;
  }
}

export const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

function attributesOf({ target, ruleArn, error, retries, exhausted }: Undelivered) {
  const texts: Record<string, string> = {
    RULE_ARN: ruleArn,
    TARGET_ARN: target.Arn,
    ERROR_CODE: codeOf(error),
    ERROR_MESSAGE: error instanceof Error && error.message !== '' ? error.message : String(error),
    ...(exhausted !== undefined && { EXHAUSTED_RETRY_CONDITION: exhausted }),
  };
  const strings = Object.entries(texts).map(([name, StringValue]) => [
    name,
    { DataType: 'String', StringValue },
  ]);
  return {
    ...Object.fromEntries(strings),
    RETRY_ATTEMPTS: { DataType: 'Number', StringValue: String(retries) },
  };
}

/** EventBridge's word for the error of a target. */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/^AccessDenied/, 'NO_PERMISSIONS'],
  [/^FailedToAssumeRole/, 'FAILED_TO_ASSUME_ROLE'],
  [/NotFound|DoesNotExist/, 'NO_RESOURCE'],
  [/Validation|^Invalid/, 'INVALID_PARAMETER'],
  [/Throttl|TooManyRequests/, 'THROTTLING'],
  [/LimitExceeded/, 'RESOURCE_LIMIT_EXCEEDED'],
];

function codeOf(error: unknown): string {
  if (!(error instanceof AwsError)) return 'INTERNAL_ERROR';
  return CODES.find(([pattern]) => pattern.test(error.code))?.[1] ?? 'ERROR_FROM_TARGET';
}
