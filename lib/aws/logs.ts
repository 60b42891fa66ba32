/** The port of log streams on CloudWatch Logs. */
import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { StaitheError } from '../domain/error.ts';
import type { LogStore } from '../domain/ports/logs.ts';
import { setting } from './settings.ts';

export function cloudWatchLogs(
  group: string = setting('STAITHE_BUILD_LOG_GROUP'),
  client: CloudWatchLogsClient = new CloudWatchLogsClient(),
): LogStore {
  return {
    async read(stream, { cursor, limit }) {
      try {
        for (let from = cursor; ; ) {
          const answer = await client.send(
            new GetLogEventsCommand({
              logGroupName: group,
              logStreamName: stream,
              startFromHead: true,
              limit,
              ...(from !== undefined && { nextToken: from }),
            }),
          );
          const lines = (answer.events ?? []).map((event) => ({
            timestamp: event.timestamp ?? 0,
            message: (event.message ?? '').replace(/\r?\n$/, ''),
          }));
          const next = answer.nextForwardToken;
          // A page may be empty although lines follow; at the end the token stays as it was (docs: GetLogEvents).
          if (lines.length > 0 || next === undefined || next === from)
            return { lines, ...(next !== undefined && { cursor: next }) };
          from = next;
        }
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return { lines: [] };
        // Tokens expire after 24 hours (docs: GetLogEvents).
        if (error instanceof InvalidParameterException && cursor !== undefined)
          throw new StaitheError(
            'invalid_cursor',
            'The cursor is not one that this log gave, or is older than a day.',
          );
        throw error;
      }
    },
  };
}
