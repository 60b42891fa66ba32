/** The end of a run by the end of its last job. */
import { createHash } from 'node:crypto';
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import { type JobRecord, jobs } from '../model/job-record.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from '../model/run.ts';
import { runs } from '../model/run-record.ts';
import { end } from './index.ts';

/**
 * Ends the run of a job that has ended, when no other job of it is open. Of two jobs that end at the same time, each looks
 * after its own end is written, so that one of them sees both.
 */
export async function endWithLastJob(
  ports: Pick<Ports, 'table' | 'clock'>,
  job: Pick<JobRecord, 'id' | 'run_id'>,
): Promise<void> {
  const run = (await runs.get(ports.table, Keys.run(job.run_id)))?.value;
  if (run === undefined || isFinal(LIFECYCLE, run.status)) return;
  if (!(await hasOpenJob(ports, run, job.id))) await end(ports, run.id, { kind: 'finished' });
}

/**
 * Looks at 1, 2, 4 … of the other jobs until an open one is found, from one on that the ended job's hash names: so, in
 * whatever order n jobs end, about n × ln n are read over all the ends of a run. All others at each end were n².
 */
async function hasOpenJob({ table }: Pick<Ports, 'table'>, run: Run, ended: string): Promise<boolean> {
  const others = run.job_ids.filter((id) => id !== ended);
  const from = createHash('sha256').update(ended).digest().readUInt32BE() % Math.max(1, others.length);
  const turned = [...others.slice(from), ...others.slice(0, from)];
  for (let at = 0, count = 1; at < turned.length; at += count, count *= 2) {
    const found = await jobs.getMany(table, turned.slice(at, at + count).map(Keys.job));
    if (found.some(({ status }) => !isFinal(LIFECYCLE, status))) return true;
  }
  return false;
}
