/**
 * The deploy target `command`: a job that deploys. What has run cannot be taken back, so a version is a run: nothing of it
 * serves as before once a later one has run, and the way back is to run the commands with the earlier release.
 */

import type { Outputs } from '../../execution/model/job.ts';
import type { Ports } from '../../ports/index.ts';
import { type TargetAdapter, TargetError } from '../../ports/targets.ts';
import { Keys } from '../../storage/keys.ts';
import type { CommandTarget } from '../../target/command.ts';
import { deployments } from '../record.ts';
import { idsOf } from './job.ts';
import { type JobPorts, startJob } from './start.ts';
import { jobState } from './state.ts';

const NAME = { purpose: 'deploy' } as const;

export function commandTarget(ports: JobPorts): TargetAdapter<CommandTarget> {
  return {
    serving: async () => undefined,
    has: async () => false,
    async prepare({ deploymentId, target }) {
      const found = await deployments.get(ports.table, Keys.deployment(deploymentId));
      if (found === undefined) throw new TargetError(`Deployment ${deploymentId} no longer exists.`);
      await startJob(ports, found.value, NAME, target);
    },
    async isReady({ deploymentId }) {
      const state = await jobState(ports, deploymentId, NAME);
      if (state.kind === 'failed') throw new TargetError(state.error.message);
      return state.kind === 'succeeded';
    },
    publish: async ({ deploymentId }) => idsOf(deploymentId, NAME).run,
    candidateUrl: ({ deploymentId }) => urlOf(ports, deploymentId),
    shift: async ({ deploymentId }) => ({ url: await urlOf(ports, deploymentId) }),
  };
}

/** What its commands have told, once they have succeeded. */
export async function outputsOf(
  ports: Pick<Ports, 'table'>,
  deploymentId: string,
): Promise<Outputs | undefined> {
  const state = await jobState(ports, deploymentId, NAME);
  return state.kind === 'succeeded' ? { ...state.outputs } : undefined;
}

/** @throws TargetError when it is none that users could open */
async function urlOf(ports: Pick<Ports, 'table'>, deploymentId: string): Promise<string | undefined> {
  const url = (await outputsOf(ports, deploymentId))?.url;
  if (url !== undefined && !isWebUrl(url))
    throw new TargetError('The output `url` of the commands is not an http or https URL.');
  return url;
}

const isWebUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '');
