/** The port of deployed functions' logs on CloudWatch Logs, where each function has a group of its own. */
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient, ListTagsCommand } from '@aws-sdk/client-lambda';
import { StaitheError } from '../domain/error.ts';
import { OWNER_TAG } from '../domain/owner-tag.ts';
import type { FunctionEvent, FunctionLogs, ReadPage, StreamFilter } from '../domain/ports/function-logs.ts';
import { LOG_ATTEMPTS, logsAtLimit } from './logs.ts';
import { setting } from './settings.ts';

/** Where Lambda writes, unless the function's owner has named another group (docs: Lambda, "Configuring log groups"). */
const groupOf = (functionName: string): string => `/aws/lambda/${functionName}`;

/** `YYYY/MM/DD/[version]<32 hex digits>`, of the day on which the process began (docs: Lambda, "Log streams"). */
const prefixOf = ({ day, version }: StreamFilter): string => `${day.replaceAll('-', '/')}/[${version}]`;
const versionOf = (stream: string): string => /\[([^\]]+)\]/.exec(stream)?.[1] ?? '';

/**
 * FilterLogEvents is answered 5 times a second for the whole account, and the quota cannot be raised (AWS re:Post, "How do
 * I determine throttling in my CloudWatch logs?"): a fifth of GetLogEvents's, so a reader takes a smaller part too.
 */
export const PART_OF_LOG_READS = 1 / 8;

/** Lines of a function mostly come within two or three seconds; nobody promises it. */
const LATE_BY_MS = 10_000;

export interface FunctionLogsOptions {
  readonly logs: CloudWatchLogsClient;
  readonly lambda: LambdaClient;
  /** What an ARN of a function has before its name. */
  readonly functionArns: string;
  readonly logReadsPerSecond: number;
}

export function cloudWatchFunctionLogs({
  logs = new CloudWatchLogsClient({ maxAttempts: LOG_ATTEMPTS }),
  lambda = new LambdaClient(),
  functionArns = setting('STAITHE_FUNCTION_ARNS'),
  logReadsPerSecond = Number(setting('STAITHE_LOG_READS_PER_SECOND')),
}: Partial<FunctionLogsOptions> = {}): FunctionLogs {
  return {
    readsPerSecond: logReadsPerSecond * PART_OF_LOG_READS,
    lateByMs: LATE_BY_MS,

    async ownerOf(functionName) {
      try {
        const tags = await lambda.send(new ListTagsCommand({ Resource: `${functionArns}${functionName}` }));
        return tags.Tags?.[OWNER_TAG] ?? null;
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        if (name === 'ResourceNotFoundException') return undefined;
        if (name === 'TooManyRequestsException')
          throw new StaitheError('at_limit', 'Lambda throttles requests at the moment.');
        if (name === 'AccessDeniedException') throw unreadable(functionName);
        throw error;
      }
    },

    read: (functionName, page) =>
      readLogGroup(logs, groupOf(functionName), page, () => unreadable(functionName)),
  };
}

/** A page of a log group whose streams are named as those of functions are. */
export async function readLogGroup(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  { from, token, limit, of }: ReadPage,
  unreadable: () => StaitheError,
): Promise<{ events: FunctionEvent[]; token?: string | undefined }> {
  try {
    const { events = [], nextToken } = await logs.send(
      new FilterLogEventsCommand({
        logGroupName,
        startTime: from,
        limit,
        ...(of !== undefined && { logStreamNamePrefix: prefixOf(of) }),
        ...(token !== undefined && { nextToken: token }),
      }),
    );
    return {
      events: events.map(
        ({ eventId = '', timestamp = 0, message = '', logStreamName = '' }): FunctionEvent => ({
          id: eventId,
          timestamp,
          message: message.replace(/\r?\n$/, ''),
          version: versionOf(logStreamName),
          stream: logStreamName,
        }),
      ),
      token: nextToken,
    };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { events: [] };
    if (logsAtLimit(error))
      throw new StaitheError('at_limit', 'CloudWatch Logs throttles log reads at the moment.');
    if (error instanceof InvalidParameterException && token !== undefined)
      throw new StaitheError('invalid_cursor', 'The cursor does not belong to this log, or is too old.');
    if (error instanceof Error && error.name === 'AccessDeniedException') throw unreadable();
    throw error;
  }
}

/** IAM lets Staithe read the logs of the functions that it creates, by their names. */
function unreadable(functionName: string): StaitheError {
  return new StaitheError(
    'log_unreadable',
    `Staithe may not read the log of ${functionName}, whose name does not begin as those of the functions that Staithe creates.`,
    { remedy: `Read it in CloudWatch Logs: aws logs tail ${groupOf(functionName)} --follow.` },
  );
}
