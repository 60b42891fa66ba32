/** How the job of a deployment stands, and how a deployment waits for its end. */
import { type JobRecord, jobs } from '../../execution/model/job-record.ts';
import { type Failure, JOB_LIFECYCLE } from '../../execution/model/run.ts';
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import { deployments } from '../record.ts';
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
 * woken at once; so it is when the deployment is cancelled, whose job then never was, perhaps.
 */
export async function waitForEnd(
  ports: Pick<Ports, 'table' | 'workflows'>,
  deploymentId: string,
  name: JobName,
  token: string,
): Promise<void> {
  const key = Keys.job(idsOf(deploymentId, name).job);
  const job = await jobs.update(ports.table, key, (value) => ({ ...value, end_token: token }));
  const isOver = job === undefined || isFinal(JOB_LIFECYCLE, job.value.status);
  // Read after the token is stored: whoever cancels it later finds the job, and its end wakes the workflow.
  if (isOver || (await isCancelled(ports, deploymentId))) await ports.workflows.wake(token);
}

async function isCancelled({ table }: Pick<Ports, 'table'>, deploymentId: string): Promise<boolean> {
  const found = await deployments.get(table, Keys.deployment(deploymentId));
  return found?.value.cancelled_by !== undefined;
}
