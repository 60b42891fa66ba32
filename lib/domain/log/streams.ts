/** What a log is made of: the log streams of jobs, one for each attempt that had a machine. */
import type { Actor } from '../access/actor.ts';
import { notFound } from '../error.ts';
import { type JobRecord, jobs } from '../execution/model/job-record.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from '../execution/model/run.ts';
import { runs } from '../execution/model/run-record.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { absenceOf } from './absence.ts';
import type { LogAbsence } from './schema.ts';

export interface LogStream {
  /** Names the stream in cursors: short, and the same whatever else is read with it. */
  readonly key: string;
  /** The log store's name of it. */
  readonly name: string;
  readonly job: Pick<JobRecord, 'id' | 'service' | 'name'>;
  readonly attempt: number;
  /** Whether more may be written: the last attempt of a job that has not ended. */
  readonly live: boolean;
  /**
   * Of a job whose agent has reported: how long its last line is waited for, in milliseconds since the epoch. Absent when
   * nobody writes to the stream any more.
   */
  readonly waitedForUntil?: number;
}

/** All that is to be read, as it stands now. */
export interface LogSource {
  readonly streams: readonly LogStream[];
  /**
   * The run, or the jobs asked for, have ended: but for the last lines of streams that are waited for, nothing more will be
   * written. Looked up before the lines are read.
   */
  readonly ended: boolean;
  /** Why there are no streams, when there will never be any. */
  readonly absence?: LogAbsence | undefined;
}

export interface JobFilter {
  readonly job?: string | undefined;
  readonly service?: string | undefined;
}

type Needed = Pick<Ports, 'table'>;

/**
 * How long after a job's end its last line may still come: its agent has printed it by then, and backends send their logs
 * in batches.
 */
export const LATE_LINES_MS = 15_000;

/**
 * The log of a run, or of those of its jobs that the filter lets through.
 * @throws StaitheError not_found, when the filter names a job that is not the run's
 */
export async function ofRun(ports: Needed, run: Run, filter: JobFilter = {}): Promise<LogSource> {
  if (filter.job !== undefined && !run.job_ids.includes(filter.job)) throw notFound('job', filter.job);
  const wanted = filter.job === undefined ? run.job_ids : [filter.job];
  const records = await jobs.getMany(ports.table, wanted.map(Keys.job));
  const chosen = records.filter((job) => filter.service === undefined || job.service === filter.service);
  return withAbsence(ports, run, chosen, {
    streams: chosen.flatMap((job) => streamsOf(job, run)),
    ended: isFinal(LIFECYCLE, run.status) || (filter.job !== undefined && chosen.every(hasEnded)),
  });
}

async function withAbsence(
  { table }: Needed,
  run: Run,
  chosen: readonly JobRecord[],
  source: LogSource,
): Promise<LogSource> {
  if (!source.ended || source.streams.length > 0) return source;
  const otherId = run.reused_from ?? run.superseded_by;
  const other = otherId === undefined ? undefined : await runs.get(table, Keys.run(otherId));
  return { ...source, absence: absenceOf(run, chosen, other?.value) };
}

/** The log of one job. @throws StaitheError not_found */
export async function ofJob(ports: Needed, actor: Actor, id: string): Promise<LogSource> {
  const job = await readVisible(ports.table, jobs, Keys.job, actor, id);
  const run = await readVisible(ports.table, runs, Keys.run, actor, job.run_id);
  return withAbsence(ports, run, [job], {
    streams: streamsOf(job, run),
    ended: isFinal(LIFECYCLE, run.status) || hasEnded(job),
  });
}

const hasEnded = (job: JobRecord): boolean => isFinal(LIFECYCLE, job.status);

/** @param place of the job among those that are read together */
export function streamsOf(job: JobRecord, run: Run, place = run.job_ids.indexOf(job.id)): LogStream[] {
  return job.log_streams.map((name, earlier) => ({
    key: `${place}.${earlier}`,
    name,
    job,
    // Jobs of an older version do not say it, and most had a stream for each attempt.
    attempt: job.log_attempts?.[name] ?? earlier + 1,
    ...(earlier === job.log_streams.length - 1 ? present(job, run) : { live: false }),
  }));
}

/**
 * The stream of the last attempt. A job that was ended from outside is waited for while its run goes on; of one that has
 * ended with its run, the machine is gone already, or its lines are of no interest any more.
 */
function present(job: JobRecord, run: Run): Pick<LogStream, 'live' | 'waitedForUntil'> {
  if (!hasEnded(job) || job.completed_at === undefined) return { live: !hasEnded(job) };
  const isAwaited = job.reported === true || !isFinal(LIFECYCLE, run.status);
  return { live: false, ...(isAwaited && { waitedForUntil: Date.parse(job.completed_at) + LATE_LINES_MS }) };
}
