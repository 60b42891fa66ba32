/** The port of the logs that processes write: each group of processes has a log group of its own on the embedded cloud. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { StaitheError } from '../../domain/error.ts';
import { OWNER_TAG } from '../../domain/owner-tag.ts';
import type { FunctionLogs } from '../../domain/ports/function-logs.ts';
import { PART_OF_LOG_READS, readLogGroup } from '../function-logs.ts';
import { LOG_ATTEMPTS } from '../logs.ts';
import { setting } from '../settings.ts';
import { type ProcessCall, processClient } from './client.ts';
import { groupNamed } from './group.ts';

/** The embedded cloud gathers lines for half a second. */
const LATE_BY_MS = 1_500;

export function embeddedProcessLogs(
  call: ProcessCall = processClient(),
  logs: CloudWatchLogsClient = new CloudWatchLogsClient({ maxAttempts: LOG_ATTEMPTS }),
  logReadsPerSecond: number = Number(setting('STAITHE_LOG_READS_PER_SECOND')),
): FunctionLogs {
  return {
    readsPerSecond: logReadsPerSecond * PART_OF_LOG_READS,
    lateByMs: LATE_BY_MS,
    async ownerOf(name) {
      const group = await groupNamed(call, name);
      return group && (group.Tags[OWNER_TAG] ?? null);
    },
    read: (name, page) =>
      readLogGroup(
        logs,
        `/embedded-cloud/processes/${name}`,
        page,
        () => new StaitheError('log_unreadable', `Staithe may not read the log of process ${name}.`),
      ),
  };
}
