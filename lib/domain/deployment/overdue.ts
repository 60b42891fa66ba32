/** What to do with a deployment that stands in the way of the next: it may have been left behind by a crash. */
import { environments } from '../environment/record.ts';
import type { Environment } from '../environment/schema.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import type { Stored } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { end } from './end.ts';
import { deployments } from './record.ts';
import { type Deployment, isWaiting, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';
import { startOrEnd } from './start.ts';
import { isOverdue } from './time.ts';

/**
 * Frees the environment of a deployment that nobody works on any more, and starts again one that was recorded and
 * perhaps never started. So no crash between two writes, and no event that was lost, can lock an environment for ever.
 * @returns the environment as it is now; it still names a deployment that is under way
 */
export async function releaseOverdue(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  stored: Stored<Environment>,
): Promise<Stored<Environment>> {
  const { active_deployment_id: id, project_id: projectId, name } = stored.value;
  const active = id === undefined ? undefined : await deployments.get(ports.table, Keys.deployment(id));
  if (active === undefined) return stored;
  if (isFinal(LIFECYCLE, active.value.status) || isOverdue(active.value, ports.clock.now()))
    await end(ports, active.value.id, {
      status: 'failed',
      error: {
        message: 'The workflow of this deployment ended without a result.',
        hint: 'Check which version serves; the next deployment moves all traffic to its own.',
      },
    });
  else if (!isUnbegun(active.value) || (await startOrEnd(ports, active.value.id))) return stored;
  return (await environments.get(ports.table, Keys.environment(projectId, name))) ?? stored;
}

/** Admitted, and no step of its workflow has begun. */
const isUnbegun = ({ status }: Deployment): boolean => status === 'pending' || isWaiting(status);
