/** Where the log of each attempt at a job lies. */
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import { type JobRecord, jobs } from '../model/job-record.ts';

/** The job with a log stream of an attempt; one that is known stays where it is. */
export function withLogStream(job: JobRecord, stream: string | undefined, attempt = job.attempt): JobRecord {
  if (stream === undefined || job.log_streams.includes(stream)) return job;
  return {
    ...job,
    log_streams: [...job.log_streams, stream],
    log_attempts: { ...job.log_attempts, [stream]: attempt },
  };
}

/** Notes the log of a machine that ended before an agent could say where it is. */
export async function noteLogStream(
  ports: Pick<Ports, 'table'>,
  { id, attempt }: Pick<JobRecord, 'id' | 'attempt'>,
  stream: string,
): Promise<void> {
  await jobs.update(ports.table, Keys.job(id), (job) => {
    const noted = withLogStream(job, stream, attempt);
    return noted === job ? undefined : noted;
  });
}
