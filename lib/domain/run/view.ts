/** A run as people see it while it works: progress and stage are those of its jobs, read and not stored twice. */
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { jobsOf } from './index.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from './schema.ts';

export async function live(ports: Pick<Ports, 'table'>, run: Run): Promise<Run> {
  if (run.status !== 'building' || run.job_ids.length === 0) return run;
  const jobs = await jobsOf(ports, run);
  if (jobs.length === 0) return run;
  const active = jobs.filter((job) => !isFinal(LIFECYCLE, job.status));
  const done = jobs.length - active.length;
  const total = jobs.reduce((sum, job) => sum + (isFinal(LIFECYCLE, job.status) ? 100 : job.progress), 0);
  const [only] = active;
  const stage =
    active.length === 0
      ? 'finishing'
      : jobs.length === 1 && only !== undefined
        ? only.stage
        : `${done} of ${jobs.length} jobs done`;
  // 99 at most: 100 is for a run that has completed.
  return { ...run, stage, progress: Math.min(99, Math.floor(total / jobs.length)) };
}
