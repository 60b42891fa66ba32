/** What the steps of the workflow read, and what they write down before they go on. */
import { mayFollow } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { TargetError } from '../ports/targets.ts';
import type { Stored } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { deployments } from './record.ts';
import {
  type Deployment,
  type DeploymentStatus,
  isWaiting,
  DEPLOYMENT_LIFECYCLE as LIFECYCLE,
} from './schema.ts';
import { isOverdue } from './time.ts';
import { stepped } from './timeline.ts';

/** @throws TargetError when it is gone, with its project, cancelled or overdue: then no step is of use, however often it is tried */
export async function load(ports: Pick<Ports, 'table' | 'clock'>, id: string): Promise<Stored<Deployment>> {
  const found = await deployments.get(ports.table, Keys.deployment(id));
  if (found === undefined) throw new TargetError(`Deployment ${id} no longer exists.`);
  const { cancelled_by: by } = found.value;
  if (by !== undefined) throw new TargetError(`The deployment was cancelled by ${by}.`);
  // Another deployment may begin by now.
  if (isOverdue(found.value, ports.clock.now())) throw new TargetError('The deployment took too long.');
  return found;
}

/**
 * Writes down that a deployment has come to a status and a stage.
 * @param known what was read of it
 * @throws TargetError when it may not come there, as it has ended meanwhile
 */
export async function advance(
  ports: Pick<Ports, 'table' | 'clock'>,
  known: Stored<Deployment>,
  status: DeploymentStatus,
  change: Partial<Deployment> & Pick<Deployment, 'stage'>,
): Promise<Stored<Deployment>> {
  const at = ports.clock.now();
  const key = Keys.deployment(known.value.id);
  const step = (deployment: Deployment): Deployment | undefined => {
    if (deployment.status !== status && !mayFollow(LIFECYCLE, deployment.status, status)) return undefined;
    // Who starts its workflow by hand gets past no rule.
    if (isWaiting(deployment.status) && deployment.admitted_at === undefined) return undefined;
    // A repeated step is no further step of the way.
    const isKnown = deployment.status === status && deployment.stage === change.stage;
    const next = isKnown ? deployment : stepped(deployment, { status, message: change.stage, at });
    return { ...next, ...change };
  };
  const stored = await deployments.update(ports.table, key, step, known);
  if (stored === undefined || stored.value.status !== status)
    throw new TargetError(`The deployment is ${stored?.value.status ?? 'gone'}; it cannot become ${status}.`);
  return stored;
}
