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
}

/** All that is to be read, as it stands now. */
export interface LogSource {
  readonly streams: readonly LogStream[];
  /** Nothing more will be written. Looked up before the lines are read, so that none can come after the last look. */
  readonly ended: boolean;
  /** Why there are no streams, when there will never be any. */
  readonly absence?: LogAbsence | undefined;
}

export interface JobFilter {
  readonly job?: string | undefined;
  readonly service?: string | undefined;
}

type Needed = Pick<Ports, 'table' | 'clock'>;

/**
 * How long after a job's end its last lines may still come: the agent reports before it says goodbye, and backends
 * send their logs in batches. A run ends later than that, as its workflow waits for the backends.
 */
const LATE_LINES_MS = 15_000;

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
    streams: chosen.flatMap((job) => streamsOf(job, run.job_ids.indexOf(job.id))),
    ended: isFinal(LIFECYCLE, run.status) || (filter.job !== undefined && chosen.every(isSilent(ports))),
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
    streams: streamsOf(job, run.job_ids.indexOf(job.id)),
    ended: isFinal(LIFECYCLE, run.status) || isSilent(ports)(job),
  });
}

const hasEnded = (job: JobRecord): boolean => isFinal(LIFECYCLE, job.status);

const isSilent =
  ({ clock }: Needed) =>
  (job: JobRecord): boolean =>
    job.completed_at !== undefined && clock.now().getTime() - Date.parse(job.completed_at) > LATE_LINES_MS;

function streamsOf(job: JobRecord, index: number): LogStream[] {
  return job.log_streams.map((name, earlier) => ({
    key: `${index}.${earlier}`,
    name,
    job,
    // Jobs of an older version do not say it, and most had a stream for each attempt.
    attempt: job.log_attempts?.[name] ?? earlier + 1,
    live: earlier === job.log_streams.length - 1 && !hasEnded(job),
  }));
}
