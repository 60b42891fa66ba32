/** The test of what serves, once more: the next round, with the URL that users have. */
import { StaitheError } from '../../error.ts';
import { TargetError } from '../../ports/targets.ts';
import type { Deployment } from '../schema.ts';
import { roundsOf } from './job.ts';
import { type JobPorts, startJob } from './start.ts';
import { jobState } from './state.ts';
import { variablesOf } from './test.ts';

/** All of them are read at once for the log of the deployment. */
const MAX_ROUNDS = 20;

/** @throws StaitheError wrong_state while one runs, after too many, and when it has none or cannot be run */
export async function assertTestable(ports: JobPorts, deployment: Deployment): Promise<void> {
  const { id } = deployment;
  const round = roundsOf(deployment);
  if ((await jobState(ports, id, { purpose: 'test', round })).kind === 'running')
    throw new StaitheError('wrong_state', `The test commands of deployment ${id} are running.`, {
      remedy: `Wait for their end: staithe deployment logs ${id} --follow`,
    });
  if (round >= MAX_ROUNDS)
    throw new StaitheError(
      'wrong_state',
      `The test commands of deployment ${id} have run ${MAX_ROUNDS} times.`,
      {
        remedy: 'Deploy the release again, then verify the new deployment.',
      },
    );
}

/**
 * Two at the same time are one. Its end is noted with the checks of the deployment (ended.ts).
 * @returns the deployment with the round
 * @throws StaitheError wrong_state when it cannot be run
 */
export async function startNextRound(
  ports: JobPorts,
  deployment: Deployment,
  settings: NonNullable<Deployment['test']>,
): Promise<Deployment> {
  const round = roundsOf(deployment) + 1;
  const { target_version: version, url } = deployment;
  try {
    await startJob(ports, deployment, { purpose: 'test', round }, settings, variablesOf(version, url));
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    throw new StaitheError('wrong_state', error.message, {
      remedy: 'Set the test of the environment to what the installation has, then deploy again.',
    });
  }
  return { ...deployment, test_rounds: round };
}
