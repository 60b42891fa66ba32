/** A run with its progress and stage, which are computed from its jobs and not stored. */
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { countsOf } from './model/counts.ts';
import { type JobCounts, RUN_LIFECYCLE as LIFECYCLE, type Run } from './model/run.ts';
import { jobsOf } from './runs.ts';

export async function withProgress(ports: Pick<Ports, 'table'>, run: Run): Promise<Run> {
  if (run.status !== 'building' || run.job_ids.length === 0) return run;
  const jobs = await jobsOf(ports, run);
  if (jobs.length === 0) return run;
  const active = jobs.filter((job) => !isFinal(LIFECYCLE, job.status));
  const counts = countsOf(jobs);
  const total = jobs.reduce((sum, job) => sum + (isFinal(LIFECYCLE, job.status) ? 100 : job.progress), 0);
  const [only] = active;
  const stage =
    active.length === 0
      ? 'finishing'
      : jobs.length === 1 && only !== undefined
        ? only.stage
        : endedInWords(counts);
  // 99 at most: 100 is for a run that has completed.
  return { ...run, job_counts: counts, stage, progress: Math.min(99, Math.floor(total / jobs.length)) };
}

/** `3 of 5 jobs ended (1 failed)` */
function endedInWords({ total, open, failed, cancelled }: JobCounts): string {
  const bad = [failed > 0 && `${failed} failed`, cancelled > 0 && `${cancelled} cancelled`].filter(Boolean);
  const ended = `${total - open} of ${total} jobs ended`;
  return bad.length === 0 ? ended : `${ended} (${bad.join(', ')})`;
}
