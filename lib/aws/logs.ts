/** The port of log streams on CloudWatch Logs. */
import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogStore } from '../domain/ports/logs.ts';
import { setting } from './settings.ts';

export function cloudWatchLogs(
  group: string = setting('STAITHE_BUILD_LOG_GROUP'),
  client: CloudWatchLogsClient = new CloudWatchLogsClient(),
): LogStore {
  return {
    async read(stream, { cursor, limit }) {
      try {
        const answer = await client.send(
          new GetLogEventsCommand({
            logGroupName: group,
            logStreamName: stream,
            startFromHead: true,
            limit,
            ...(cursor !== undefined && { nextToken: cursor }),
          }),
        );
        const lines = (answer.events ?? []).map((event) => ({
          timestamp: event.timestamp ?? 0,
          message: (event.message ?? '').replace(/\r?\n$/, ''),
        }));
        return { lines, ...(answer.nextForwardToken !== undefined && { cursor: answer.nextForwardToken }) };
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return { lines: [] };
        throw error;
      }
    },
  };
}
