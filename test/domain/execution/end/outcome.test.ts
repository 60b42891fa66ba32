/** What a failed run says of the jobs beside the one whose error it has. */
import { expect, test } from 'vitest';
import { outcomeOf } from '../../../../lib/domain/execution/end/outcome.ts';
import type { Job } from '../../../../lib/domain/execution/model/job.ts';
import { jobs } from '../../../../lib/domain/execution/model/job-record.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import { planRun, startedBuild, TWO_SERVICES, world } from '../../world.ts';

const error = { code: 'build_error', message: 'make failed.' } as const;

/** Jobs as they end, of one that was planned. */
async function ended(...statuses: readonly Job['status'][]): Promise<Job[]> {
  const { ports, project } = await world();
  const { run } = await startedBuild({ ports, project }, TWO_SERVICES);
  const [dispatch] = (await planRun({ ports }, run.id)).jobs;
  const job = (await jobs.get(ports.table, Keys.job(dispatch?.job_id ?? '')))?.value;
  if (job === undefined) throw new Error('The run has no job.');
  return statuses.map((status) => ({ ...job, status, ...(status === 'failed' && { error }) }));
}

test.each<[Job['status'][], string]>([
  [['failed'], 'make failed.'],
  [['failed', 'completed'], 'make failed. (1 of 2 jobs failed, 1 completed.)'],
  [['failed', 'failed', 'completed'], 'make failed. (2 of 3 jobs failed, 1 completed.)'],
  [['failed', 'cancelled', 'completed'], 'make failed. (1 of 3 jobs failed, 1 was cancelled, 1 completed.)'],
  [['cancelled', 'failed', 'cancelled'], 'make failed. (1 of 3 jobs failed, 2 were cancelled.)'],
])('a run whose jobs are %j counts the failed and the cancelled apart', async (statuses, message) => {
  const outcome = outcomeOf({ kept_artifact_ids: [] }, await ended(...statuses), { kind: 'finished' }, false);

  expect(outcome).toEqual({ status: 'failed', error: { ...error, message } });
});
