/** How a run is ended from outside: cancelled, superseded, failed; and its jobs with it. */
import { notFound } from '../error.ts';
import { jobs } from '../job/record.ts';
import type { Job } from '../job/schema.ts';
import { assertMayFollow, isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { finish } from './finish.ts';
import { runs } from './record.ts';
import { type Failure, fitting, JOB_LIFECYCLE, RUN_LIFECYCLE as LIFECYCLE, type Run } from './schema.ts';

/**
 * Cancels a run: its jobs, then its record, then the workflow and what it waits for. Jobs come first, as a run that has no
 * job left to cancel has done its work: it is completed, and not cancelled. A repeat does again what a first try may have
 * left undone.
 * @throws StaitheError not_found | wrong_state
 */
export async function end(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  id: string,
  reason: string,
  more: Partial<Run> = {},
): Promise<Run> {
  const before = (await runs.get(ports.table, Keys.run(id)))?.value;
  if (before === undefined) throw notFound('run', id);
  if (before.status === 'building') {
    await endJobs(ports, before, 'cancelled');
    const ended = await jobs.getMany(ports.table, before.job_ids.map(Keys.job));
    if (ended.length > 0 && ended.every(({ status }) => status === 'completed')) await finish(ports, id);
  }
  const now = ports.clock.now().toISOString();
  const cancelled = await runs.update(ports.table, Keys.run(id), (run) => {
    if (run.status === 'cancelled') {
      // Its workflow may have seen the cancelled jobs first, and not know why they were.
      const told = Object.keys(more).every((name) => Reflect.get(run, name) !== undefined);
      return told ? undefined : { ...run, ...more };
    }
    assertMayFollow(LIFECYCLE, run.status, 'cancelled', `Run ${id}`);
    return { ...run, ...more, status: 'cancelled', stage: 'cancelled', completed_at: now };
  });
  if (cancelled === undefined) throw notFound('run', id);
  try {
    await ports.workflows.stop('build', id, reason);
  } finally {
    // Also when the workflow could not be stopped, and of a run that was planned meanwhile.
    await endJobs(ports, cancelled.value, 'cancelled');
  }
  return cancelled.value;
}

/** Fails a run that has not ended; one that has is left as it is. */
export async function fail(
  ports: Pick<Ports, 'table' | 'clock'>,
  id: string,
  error: Failure,
): Promise<Run | undefined> {
  const now = ports.clock.now().toISOString();
  const failed = await runs.update(ports.table, Keys.run(id), (run) =>
    isFinal(LIFECYCLE, run.status)
      ? undefined
      : { ...run, status: 'failed', stage: 'failed', error: fitting(error), completed_at: now },
  );
  if (failed !== undefined)
    await endJobs(ports, failed.value, failed.value.status === 'cancelled' ? 'cancelled' : 'failed');
  return failed?.value;
}

/** Ends what is left of a run's jobs. */
export async function endJobs(
  ports: Pick<Ports, 'table' | 'clock'>,
  run: Run,
  status: 'cancelled' | 'failed',
): Promise<void> {
  await Promise.all(run.job_ids.map((jobId) => endJob(ports, jobId, status, () => run.error)));
}

/** Ends a job that has not ended, with a reason of its own. */
export async function failJob(
  ports: Pick<Ports, 'table' | 'clock'>,
  jobId: string,
  error: Failure,
): Promise<void> {
  const own = (job: Job) => fitting({ ...error, job_id: jobId, service: job.service });
  await endJob(ports, jobId, 'failed', own);
}

/** Ends a job that has not ended. */
export async function endJob(
  ports: Pick<Ports, 'table' | 'clock'>,
  jobId: string,
  status: 'cancelled' | 'failed',
  errorOf: (job: Job) => Failure | undefined,
): Promise<void> {
  const now = ports.clock.now().toISOString();
  await jobs.update(ports.table, Keys.job(jobId), (job) => {
    if (isFinal(JOB_LIFECYCLE, job.status)) return undefined;
    const error = errorOf(job);
    return { ...job, status, stage: status, completed_at: now, ...(error !== undefined && { error }) };
  });
}
