/** The job of a deployment has ended, as its event tells. */
import { type JobRecord, jobs } from '../../execution/model/job-record.ts';
import { JOB_LIFECYCLE } from '../../execution/model/run.ts';
import * as Queue from '../../execution/queue/index.ts';
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import { withCheck } from '../check.ts';
import { deployments } from '../record.ts';
import { idsOf, roundsOf } from './job.ts';
import { jobState } from './state.ts';
import { checkOf } from './test.ts';

/** Its deployment goes on, a test that was run again is noted, and the next job in the project's queue may begin. */
export async function jobEnded(ports: Pick<Ports, 'table' | 'workflows'>, id: string): Promise<void> {
  const job = (await jobs.get(ports.table, Keys.job(id)))?.value;
  if (job === undefined || !isFinal(JOB_LIFECYCLE, job.status)) return;
  if (job.end_token !== undefined) await ports.workflows.wake(job.end_token);
  await noteTest(ports, job);
  if (job.limited) await Queue.dequeue(ports, job.project_id, id);
}

/** Only the newest round can be running. The first one is noted by the step that waits for it. */
async function noteTest({ table }: Pick<Ports, 'table'>, job: JobRecord): Promise<void> {
  const { deployment_id: id, completed_at: at = job.created_at } = job;
  const deployment = id === undefined ? undefined : await deployments.get(table, Keys.deployment(id));
  if (id === undefined || deployment === undefined) return;
  const name = { purpose: 'test', round: roundsOf(deployment.value) } as const;
  if (name.round === 1 || idsOf(id, name).job !== job.id) return;
  const check = checkOf(await jobState({ table }, id, name), { run_id: job.run_id, percent: 100, at });
  if (check === undefined) return;
  await deployments.update(
    table,
    Keys.deployment(id),
    (now) =>
      now.checks.some(({ run_id: known }) => known === job.run_id)
        ? undefined
        : { ...now, checks: withCheck(now.checks, check) },
    deployment,
  );
}
