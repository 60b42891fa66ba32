/** How the job of a deployment stands, and how a deployment waits for its end. */
import { type JobRecord, jobs } from '../../execution/model/job-record.ts';
import { type Failure, JOB_LIFECYCLE } from '../../execution/model/run.ts';
import * as Queue from '../../execution/queue/index.ts';
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import { idsOf, type JobName } from './job.ts';

export type JobState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'running'; readonly stage: string }
  | { readonly kind: 'succeeded'; readonly outputs: Readonly<Record<string, string>> }
  | { readonly kind: 'failed'; readonly error: Failure };

export async function jobState(
  { table }: Pick<Ports, 'table'>,
  deploymentId: string,
  name: JobName,
): Promise<JobState> {
  const job = (await jobs.get(table, Keys.job(idsOf(deploymentId, name).job)))?.value;
  return job === undefined ? { kind: 'absent' } : stateOf(job);
}

function stateOf({ status, stage, outputs = {}, error }: JobRecord): JobState {
  switch (status) {
    case 'completed':
      return { kind: 'succeeded', outputs };
    case 'failed':
    case 'cancelled':
      return { kind: 'failed', error: error ?? { code: 'cancelled', message: 'The job was cancelled.' } };
    default:
      return { kind: 'running', stage };
  }
}

/**
 * Stores the token by which a deployment's workflow waits for the end of the job. If it has ended already, the workflow is
 * woken at once.
 */
export async function waitForEnd(
  ports: Pick<Ports, 'table' | 'workflows'>,
  deploymentId: string,
  name: JobName,
  token: string,
): Promise<void> {
  const key = Keys.job(idsOf(deploymentId, name).job);
  const job = await jobs.update(ports.table, key, (value) => ({ ...value, end_token: token }));
  if (job === undefined || isFinal(JOB_LIFECYCLE, job.value.status)) await ports.workflows.wake(token);
}

/** The job of a deployment has ended: its deployment goes on, and the next job in the project's queue may begin. */
export async function jobEnded(ports: Pick<Ports, 'table' | 'workflows'>, id: string): Promise<void> {
  const job = (await jobs.get(ports.table, Keys.job(id)))?.value;
  if (job === undefined || !isFinal(JOB_LIFECYCLE, job.status)) return;
  if (job.end_token !== undefined) await ports.workflows.wake(job.end_token);
  if (job.limited) await Queue.dequeue(ports, job.project_id, id);
}
