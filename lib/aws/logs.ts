/** The port of log streams on CloudWatch Logs. */
import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { StaitheError } from '../domain/error.ts';
import type { LogStore } from '../domain/ports/logs.ts';
import { lean } from './lean.ts';
import { setting } from './settings.ts';

/**
 * By name, and not by class: throttling is in no list of GetLogEvents's errors (API reference; botocore's model has
 * ServiceUnavailableException alone), so what the SDK makes of it is its base exception with this name.
 */
const AT_LIMIT: ReadonlySet<string> = new Set(['ThrottlingException', 'ServiceUnavailableException']);
export const logsAtLimit = (error: unknown): boolean => error instanceof Error && AT_LIMIT.has(error.name);

/**
 * Two attempts: a connection may have gone stale. Of throttling the SDK's usual three would ask a store that is asked too
 * often once more and once more; readers wait for their turn instead.
 */
export const LOG_ATTEMPTS = 2;

/**
 * GetLogEvents is answered 10 times a second for the whole account in eu-west-1, eu-central-1 and us-west-2, and 25 times
 * elsewhere; the quota cannot be raised (CloudWatch Logs quotas; Edge Delta's agent, which reads by it, paces itself at 22).
 */
export function cloudWatchLogs(
  group: string = setting('STAITHE_BUILD_LOG_GROUP'),
  client: CloudWatchLogsClient = lean(new CloudWatchLogsClient({ maxAttempts: LOG_ATTEMPTS })),
  readsPerSecond: number = Number(setting('STAITHE_LOG_READS_PER_SECOND')),
): LogStore {
  /** One page of GetLogEvents; undefined when there is no such stream. @throws StaitheError invalid_cursor */
  const page = async (stream: string, startFromHead: boolean, limit: number, token: string | undefined) => {
    try {
      const answer = await client.send(
        new GetLogEventsCommand({
          logGroupName: group,
          logStreamName: stream,
          startFromHead,
          limit,
          ...(token !== undefined && { nextToken: token }),
        }),
      );
      const lines = (answer.events ?? []).map((event) => ({
        timestamp: event.timestamp ?? 0,
        message: (event.message ?? '').replace(/\r?\n$/, ''),
      }));
      return { lines, forward: answer.nextForwardToken, backward: answer.nextBackwardToken };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      if (logsAtLimit(error))
        throw new StaitheError('at_limit', 'CloudWatch Logs throttles log reads at the moment.');
      // Tokens expire after 24 hours (docs: GetLogEvents).
      if (error instanceof InvalidParameterException && token !== undefined)
        throw new StaitheError(
          'invalid_cursor',
          'The cursor does not belong to this log, or is older than a day.',
        );
      throw error;
    }
  };

  // A page may be empty although lines follow; at either end the token stays as it was (docs: GetLogEvents).
  return {
    readsPerSecond,
    async read(stream, { cursor, limit }) {
      for (let from = cursor; ; ) {
        const found = await page(stream, true, limit, from);
        if (found === undefined) return { lines: [] };
        const { lines, forward } = found;
        if (lines.length > 0 || forward === undefined || forward === from)
          return { lines, ...(forward !== undefined && { cursor: forward }) };
        from = forward;
      }
    },

    async readBack(stream, { before, limit }) {
      let cursor: string | undefined;
      for (let from = before; ; ) {
        const found = await page(stream, false, limit, from);
        if (found === undefined) return { lines: [] };
        const { lines, forward, backward } = found;
        cursor ??= forward;
        const atBeginning = backward === undefined || backward === from;
        if (lines.length > 0 || atBeginning)
          return {
            lines,
            ...(cursor !== undefined && { cursor }),
            ...(!atBeginning && { before: backward }),
          };
        from = backward;
      }
    },
  };
}
