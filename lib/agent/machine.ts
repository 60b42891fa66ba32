/** Where a job has landed, and how long that took, in words for its log. */
import { availableParallelism, machine, release, totalmem, type } from 'node:os';
import { type Job, lossInWords } from '../domain/execution/model/job.ts';

/**
 * `attempt 1, queued for 2.1 s`: from the job's record to its claim, both by the control plane's clock. Of a later
 * attempt it is told how those before were lost, and no time, as the record's would count them in.
 */
export function queueInWords(job: Job): string {
  const attempt = `attempt ${job.attempt}`;
  if (job.lost_attempts.length > 0)
    return `${attempt}; lost before: ${job.lost_attempts.map(lossInWords).join('; ')}`;
  if (job.started_at === undefined) return attempt;
  const waited = Date.parse(job.started_at) - Date.parse(job.created_at);
  return `${attempt}, queued for ${seconds(waited)}`;
}

/** `medium arm64: 4 processors, 7.6 GB, Linux 6.1.0 aarch64, Node v22.1.0`. */
export function machineInWords({ compute }: Job): string {
  const asked = compute === undefined ? '' : `${compute.type} ${compute.architecture}: `;
  const memory = `${(totalmem() / 1024 ** 3).toFixed(1)} GB`;
  const processors = `${availableParallelism()} processors`;
  return `${asked}${processors}, ${memory}, ${type()} ${release()} ${machine()}, Node ${process.version}`;
}

/** `0.4 s` */
export function seconds(milliseconds: number): string {
  return `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s`;
}
