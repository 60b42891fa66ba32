/** Where lines of processes are logged. Streams are named as those of functions are: by the day, the version and the process. */
import type { Processes } from './context.ts';

export const logGroupOf = (group: string): string => `/embedded-cloud/processes/${group}`;

export function logLine(
  { cloud, logs, operator }: Processes,
  { group, version, process }: { group: string; version: number; process: string },
  text: string,
): void {
  const day = new Date(cloud.now()).toISOString().slice(0, 10).replaceAll('-', '/');
  const stream = `${day}/[${version}]${process.replaceAll('-', '')}`;
  logs.write(() => operator, logGroupOf(group), stream, cloud.now(), text);
}
