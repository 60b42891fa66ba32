/** Ends the jobs of a deployment that does not need them any more. */
import { StaitheError } from '../../error.ts';
import { cancelRun } from '../../execution/end/index.ts';
import { type Failure, RUN_LIFECYCLE } from '../../execution/model/run.ts';
import { runs } from '../../execution/model/run-record.ts';
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import type { Deployment } from '../schema.ts';
import { idsOf, namesOf } from './job.ts';
import { jobState } from './state.ts';

/** Ends its jobs, and their machines. What has ended, or never was, is no error. */
export async function stopJobs(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  deployment: Pick<Deployment, 'id' | 'test_rounds'>,
  reason: string,
): Promise<void> {
  const ids = namesOf(deployment).map((name) => Keys.run(idsOf(deployment.id, name).run));
  const found = await runs.getMany(ports.table, ids);
  for (const { id, status } of found)
    if (!isFinal(RUN_LIFECYCLE, status))
      await cancelRun(ports, id, reason).catch((error: unknown) => {
        // It has ended meanwhile.
        if (!(error instanceof StaitheError && error.code === 'wrong_state')) throw error;
      });
}

/** Why the first of its jobs that failed did so, where one did. */
export async function failureOfJobs(
  ports: Pick<Ports, 'table'>,
  deploymentId: string,
): Promise<Failure | undefined> {
  for (const purpose of ['deploy', 'test'] as const) {
    const state = await jobState(ports, deploymentId, { purpose });
    if (state.kind === 'failed' && state.error.code !== 'cancelled') return state.error;
  }
  return undefined;
}
