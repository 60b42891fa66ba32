/** A build's log stream: opened once with the role's permissions, then written without asking again. */

import { isLogsService } from '../logs/index.ts';
import { AwsError, type Cloud } from '../service.ts';
import type { Build } from './build.ts';
import type { RoleCall } from './role-call.ts';

export interface BuildLog {
  /** A line of CodeBuild itself: `[Container] 2026/01/31 10:00:00.000000 Entering phase BUILD`. */
  container(text: string): void;
  /** Lines of a command; settled when they are stored. */
  lines(lines: readonly string[]): Promise<void>;
  /** Settled when everything is stored. */
  flush(): Promise<void>;
}

/**
 * Opens the stream of a build, and the group when it is missing and the role may create it.
 * @throws AwsError of CloudWatch Logs when the role may not
 */
export async function openBuildLog(cloud: Cloud, build: Build, call: RoleCall): Promise<BuildLog> {
  const { groupName, streamName } = build.logs;
  if (groupName === undefined || streamName === undefined) return nowhere;
  const place = { logGroupName: groupName, logStreamName: streamName };
  try {
    await call('logs', 'CreateLogStream', place);
  } catch (error) {
    const code = error instanceof AwsError ? error.code : '';
    if (code === 'ResourceNotFoundException') {
      await call('logs', 'CreateLogGroup', { logGroupName: groupName });
      await call('logs', 'CreateLogStream', place);
    } else if (code !== 'ResourceAlreadyExistsException') throw error;
  }
  // The first line goes the way of every client, so that logs:PutLogEvents is asked for once.
  await call('logs', 'PutLogEvents', {
    ...place,
    logEvents: [
      { timestamp: cloud.now(), message: containerLine(cloud.now(), 'Running on CodeBuild On-demand') },
    ],
  });
  const logs = cloud.service('logs');
  if (!isLogsService(logs)) throw new Error('the logs service of this cloud takes no lines');
  let last: Promise<void> = Promise.resolve();
  let lost = false;
  const write = (lines: readonly string[]): Promise<void> => {
    // A build goes on without its log: to stop reading its output would block it.
    last = logs.append(groupName, streamName, lines).catch((error: unknown) => {
      if (!lost) cloud.log('codebuild', `lines of ${build.id} were lost: ${error}`);
      lost = true;
    });
    return last;
  };
  return {
    container: (text) => void write([containerLine(cloud.now(), text)]),
    lines: write,
    flush: () => last,
  };
}

/** Logs are switched off. */
export const nowhere: BuildLog = {
  container: () => {},
  lines: () => Promise.resolve(),
  flush: () => Promise.resolve(),
};

function containerLine(now: number, text: string): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  return `[Container] ${date.replaceAll('-', '/')} ${time.slice(0, 12)}000 ${text}`;
}
