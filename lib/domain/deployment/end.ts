/** The one way in which a deployment ends, whatever the outcome. */
import { environments } from '../environment/record.ts';
import type { Environment } from '../environment/schema.ts';
import { isFinal, mayFollow } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { deployments } from './record.ts';
import { type Deployment, type DeploymentStatus, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';

export interface Outcome {
  readonly status: 'succeeded' | 'failed' | 'rolled_back' | 'cancelled';
  readonly error?: Deployment['error'];
}

/**
 * Ends a deployment and frees its environment, in one transaction: whoever sees that it has ended may begin the next one.
 * Repeats change nothing.
 */
export async function end(
  ports: Pick<Ports, 'table' | 'clock'>,
  id: string,
  outcome: Outcome,
): Promise<{ status: DeploymentStatus }> {
  for (;;) {
    const stored = await deployments.get(ports.table, Keys.deployment(id));
    if (stored === undefined) throw new Error(`There is no deployment ${id}.`);
    const next = ended(stored.value, outcome, ports.clock.now());
    // One that an older version has ended may still hold its environment.
    if (next === stored.value && !isFinal(LIFECYCLE, next.status)) return { status: next.status };
    const key = Keys.environment(next.project_id, next.environment);
    const environment = await environments.get(ports.table, key);
    const writes = [
      ...(next === stored.value ? [] : [deployments.change(stored, next)]),
      ...(environment?.value.active_deployment_id === id
        ? [environments.change(environment, freed(environment.value, next))]
        : []),
    ];
    try {
      if (writes.length > 0) await ports.table.transact(writes);
      return { status: next.status };
    } catch (error) {
      // Changed meanwhile, by a repeat of this step or by a change of the environment.
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
}

function ended(deployment: Deployment, { status, error }: Outcome, now: Date): Deployment {
  return mayFollow(LIFECYCLE, deployment.status, status)
    ? { ...deployment, status, stage: status, completed_at: now.toISOString(), error }
    : deployment;
}

const freed = (environment: Environment, deployment: Deployment): Environment => ({
  ...environment,
  active_deployment_id: undefined,
  ...(deployment.status === 'succeeded' && {
    current_deployment_id: deployment.id,
    current_release_id: deployment.release_id,
    preview_url: deployment.preview_url,
  }),
});
