/** The one way in which a run ends, whatever the cause: its jobs first, then its record, by what they came to. */
import { notFound } from '../../error.ts';
import { assertMayFollow, isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { ConditionFailed } from '../../ports/table.ts';
import { Keys } from '../../storage/keys.ts';
import { countsOf } from '../model/counts.ts';
import { type Cause, endedAs } from '../model/ended.ts';
import { executionOf } from '../model/execution.ts';
import type { JobRecord } from '../model/job-record.ts';
import { jobs } from '../model/job-record.ts';
import { type Failure, fitting, RUN_LIFECYCLE as LIFECYCLE, type Run } from '../model/run.ts';
import { runs } from '../model/run-record.ts';
import * as Reuse from '../reuse.ts';
import { endJob, failJob } from './job.ts';
import { outcomeOf } from './outcome.ts';

type EndPorts = Pick<Ports, 'table' | 'clock'>;

/**
 * Ends a run. One that has ended stays as it is; a try that broke off is made whole by the next.
 * @returns the run as it has ended, by this cause or by another; undefined when there is none
 */
export async function end(ports: EndPorts, id: string, cause: Cause): Promise<Run | undefined> {
  for (let cut = false; ; ) {
    const stored = await runs.get(ports.table, Keys.run(id));
    if (stored === undefined || isFinal(LIFECYCLE, stored.value.status)) return stored?.value;
    const run = stored.value;
    const read = () => jobsOf(ports, run);
    const found = await read();
    const open = found.filter(({ status }) => !isFinal(LIFECYCLE, status));
    const ended = await Promise.all(open.map((job) => endBy(ports, run, found, job, cause)));
    cut ||= ended.includes(true);
    const all = open.length === 0 ? found : await read();
    const outcome = outcomeOf(run, all, cause, cut);
    try {
      const { value } = await runs.save(ports.table, stored, {
        ...endedAs(run, outcome, ports.clock.now()),
        job_counts: all.length === 0 ? undefined : countsOf(all),
      });
      if (value.status === 'completed') await Reuse.recordReusable(ports, value);
      return value;
    } catch (error) {
      // Planned, ended or deleted meanwhile.
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
}

/** By name, so that the first failure is always the same one. */
async function jobsOf(ports: EndPorts, run: Run): Promise<JobRecord[]> {
  const found = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @returns whether the cause has ended the job */
async function endBy(
  ports: EndPorts,
  run: Run,
  all: readonly JobRecord[],
  job: JobRecord,
  cause: Cause,
): Promise<boolean> {
  if (cause.kind === 'failed') return endJob(ports, job.id, 'failed', fitting(cause.error));
  if (cause.kind === 'cancelled') return endJob(ports, job.id, 'cancelled');
  const first = run.fail_fast ? all.find(({ status }) => status === 'failed') : undefined;
  return first === undefined
    ? failJob(ports, job, SILENT)
    : endJob(ports, job.id, 'cancelled', endedWith(first));
}

const SILENT: Failure = {
  code: 'internal_error',
  message: 'The build agent ended without a result.',
  hint: 'Rerun the build.',
};

const endedWith = (first: JobRecord): Failure => ({
  code: 'cancelled',
  message: `Stopped because '${first.name}' failed and the build is fail_fast.`,
  hint: `Check the log of '${first.name}', fix the cause, then rerun the failed jobs.`,
});

/** Fails a run that has not ended, unless its jobs have all completed. */
export const fail = (ports: EndPorts, id: string, error: Failure): Promise<Run | undefined> =>
  end(ports, id, { kind: 'failed', error });

/** Ends a run whose workflow has nothing left to do. One that was deleted with its project counts as cancelled. */
export async function finish(ports: EndPorts, id: string): Promise<Pick<Run, 'status'>> {
  const run = await end(ports, id, { kind: 'finished' });
  return { status: run?.status ?? 'cancelled' };
}

/**
 * Cancels a run, and stops its workflow and what that waits for. A repeat stops what a first try may have left.
 * @throws StaitheError not_found | wrong_state when it has ended otherwise, a moment ago too
 */
export async function cancelRun(
  ports: EndPorts & Pick<Ports, 'workflows'>,
  id: string,
  reason: string,
  supersededBy?: string,
): Promise<Run> {
  const by = supersededBy === undefined ? {} : { superseded_by: supersededBy };
  const run = await end(ports, id, { kind: 'cancelled', ...by });
  if (run === undefined) throw notFound('run', id);
  if (run.status !== 'cancelled') assertMayFollow(LIFECYCLE, run.status, 'cancelled', `Run ${id}`);
  await ports.workflows.stop('build', executionOf(run), reason);
  if (supersededBy === undefined || run.superseded_by !== undefined) return run;
  // Its workflow may have seen the cancelled jobs first, and not know why they were.
  const told = await runs.update(ports.table, Keys.run(id), (value) =>
    value.superseded_by === undefined ? { ...value, ...by } : undefined,
  );
  return told?.value ?? run;
}
