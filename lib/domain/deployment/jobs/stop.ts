/** Ends the jobs of a deployment that does not need them any more. */
import { StaitheError } from '../../error.ts';
import { cancelRun } from '../../execution/end/index.ts';
import type { Ports } from '../../ports/index.ts';
import { idsOf, type JobName } from './job.ts';
import { jobState } from './state.ts';

/** Ends a job, and its machine. One that has ended, or never was, is no error. @returns whether it was running */
export async function stopJob(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  deploymentId: string,
  name: JobName,
  reason: string,
): Promise<boolean> {
  if ((await jobState(ports, deploymentId, name)).kind !== 'running') return false;
  try {
    await cancelRun(ports, idsOf(deploymentId, name).run, reason);
    return true;
  } catch (error) {
    // It has ended meanwhile.
    if (error instanceof StaitheError && (error.code === 'wrong_state' || error.code === 'not_found'))
      return false;
    throw error;
  }
}
