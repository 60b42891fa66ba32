/**
 * What stands in the dead-letter queue: EventBridge sends the event as it came and tells the rest in attributes (user guide,
 * "Using dead-letter queues to process undelivered events"); Lambda sends a record of the invocation (developer guide,
 * "Capturing records of Lambda asynchronous invocations").
 */
import type { Message } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { type DeadLetterWithEvent, KEPT_DAYS } from '../domain/dead-letters.ts';
import { cut } from '../domain/text.ts';

const DAY_MS = 24 * 3_600_000;
/** Of an error, what a table can show; the function's log has all of it. */
const MESSAGE_CHARS = 1000;

const Attributes = z.object({
  RULE_ARN: z.string(),
  TARGET_ARN: z.string(),
  ERROR_CODE: z.string().default('UNKNOWN'),
  ERROR_MESSAGE: z.string().optional(),
  RETRY_ATTEMPTS: z.coerce.number().int().min(0).optional(),
});

const Invocation = z.object({
  version: z.literal('1.0'),
  requestContext: z.object({
    functionArn: z.string(),
    condition: z.string(),
    approximateInvokeCount: z.int().min(0).optional(),
  }),
  /** Left out when the record would not fit into a message. */
  requestPayload: z.unknown().optional(),
  responsePayload: z
    .object({ errorType: z.string().optional(), errorMessage: z.string().optional() })
    .nullish()
    .catch(undefined),
});

type LetterFields = Omit<DeadLetterWithEvent, 'id' | 'failed_at' | 'expires_at'>;

export interface ReadLetter {
  readonly letter: DeadLetterWithEvent;
  /** The ARN of what gets the event; undefined when it is not known, or the event is not there. */
  readonly targetArn: string | undefined;
}

export function readLetter(message: Message): ReadLetter {
  const { MessageId: id = '', Body = '', Attributes: system = {} } = message;
  const failed = Number(system.SentTimestamp);
  const times = {
    failed_at: new Date(failed).toISOString(),
    expires_at: new Date(failed + KEPT_DAYS * DAY_MS).toISOString(),
  };
  const { fields, targetArn } = undelivered(message) ?? invocation(Body) ?? unknown(Body);
  return { letter: { id, ...fields, ...times }, targetArn };
}

function undelivered({ Body = '', MessageAttributes = {} }: Message) {
  const texts = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]);
  const read = Attributes.safeParse(Object.fromEntries(texts));
  if (!read.success) return undefined;
  const { RULE_ARN, TARGET_ARN, ERROR_CODE, ERROR_MESSAGE, RETRY_ATTEMPTS: retries } = read.data;
  const fields: LetterFields = {
    kind: 'undelivered',
    target: nameOf(TARGET_ARN),
    rule: RULE_ARN.slice(RULE_ARN.lastIndexOf('/') + 1),
    reason: ERROR_CODE,
    ...(ERROR_MESSAGE !== undefined && { message: cut(ERROR_MESSAGE, MESSAGE_CHARS) }),
    ...(retries !== undefined && { attempts: retries + 1 }),
    event: json(Body),
  };
  return { fields, targetArn: TARGET_ARN };
}

function invocation(body: string) {
  const read = Invocation.safeParse(json(body));
  if (!read.success) return undefined;
  const { requestContext, requestPayload: event, responsePayload } = read.data;
  const { errorType = '', errorMessage } = responsePayload ?? {};
  const message =
    errorMessage === undefined ? errorType : `${errorType === '' ? '' : `${errorType}: `}${errorMessage}`;
  const fields: LetterFields = {
    kind: 'failed',
    target: nameOf(requestContext.functionArn),
    reason: requestContext.condition,
    ...(message !== '' && { message: cut(message, MESSAGE_CHARS) }),
    ...(requestContext.approximateInvokeCount !== undefined && {
      attempts: requestContext.approximateInvokeCount,
    }),
    event,
  };
  return { fields, targetArn: event === undefined ? undefined : withoutLatest(requestContext.functionArn) };
}

function unknown(body: string) {
  const fields: LetterFields = {
    kind: 'unknown',
    target: null,
    reason: 'UNKNOWN',
    message: 'Neither EventBridge nor Lambda has written this message.',
    event: json(body),
  };
  return { fields, targetArn: undefined };
}

/** Permissions are for the function; its ARN with a qualifier would be another resource. */
const withoutLatest = (arn: string): string => arn.replace(/:\$LATEST$/, '');

const nameOf = (arn: string): string => withoutLatest(arn).split(':').slice(6).join(':') || arn;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
