/** How the jobs of a run stand, in numbers and in words: what was cancelled has not failed, and neither has completed. Pure. */
import type { Job } from './job.ts';
import type { JobCounts } from './run.ts';

export function countsOf(jobs: readonly Pick<Job, 'status'>[]): JobCounts {
  const count = (wanted: Job['status']) => jobs.filter(({ status }) => status === wanted).length;
  const [completed, failed, cancelled] = [count('completed'), count('failed'), count('cancelled')];
  const total = jobs.length;
  return { total, completed, failed, cancelled, open: total - completed - failed - cancelled };
}

/** `1 of 5 jobs failed, 1 was cancelled, 3 completed`: the first number is of those that the rest are told beside. */
export function countsInWords({ total, completed, failed, cancelled, open }: JobCounts): string {
  const jobs = total === 1 ? 'job' : 'jobs';
  const parts = [
    [failed, 'failed'],
    [cancelled, cancelled === 1 ? 'was cancelled' : 'were cancelled'],
    [completed, 'completed'],
    [open, open === 1 ? 'is open' : 'are open'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what], at) => (at === 0 ? `${count} of ${total} ${jobs} ${what}` : `${count} ${what}`))
    .join(', ');
}
