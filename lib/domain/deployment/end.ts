/** The one way in which a deployment ends, whatever the outcome. */
import { configurationOf } from '../environment/configuration.ts';
import { environments } from '../environment/record.ts';
import type { Environment } from '../environment/schema.ts';
import { isFinal, mayFollow } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Write } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { cut } from '../text.ts';
import { type Check, withCheck } from './check.ts';
import { deployments } from './record.ts';
import { type Deployment, isBegun, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';
import { recordSuccess } from './success.ts';
import { stepped } from './timeline.ts';

export interface Outcome {
  readonly status: 'succeeded' | 'failed' | 'rolled_back' | 'cancelled' | 'rejected' | 'superseded';
  readonly error?: Deployment['error'];
  /** The last thing that was looked at. */
  readonly check?: Check | undefined;
  /** For the timeline; what the error says, or the status, when absent. */
  readonly message?: string;
  /** Who ended it, where that was somebody. */
  readonly by?: string | undefined;
  /** Ends only what has not begun to change its target. */
  readonly unlessBegun?: boolean;
}

/**
 * Ends a deployment and frees its environment, or its place among those that wait, in one transaction: whoever sees that
 * it has ended may begin the next one. Repeats change nothing.
 */
export async function end(
  ports: Pick<Ports, 'table' | 'clock'>,
  id: string,
  outcome: Outcome,
): Promise<Deployment> {
  for (;;) {
    const stored = await deployments.get(ports.table, Keys.deployment(id));
    if (stored === undefined) throw new Error(`There is no deployment ${id}.`);
    const now = ports.clock.now();
    const next = ended(stored.value, outcome, now);
    // One that an older version has ended may still hold its environment.
    if (next === stored.value && !isFinal(LIFECYCLE, next.status)) return next;
    const key = Keys.environment(next.project_id, next.environment);
    const environment = await environments.get(ports.table, key);
    const holds =
      environment !== undefined &&
      (environment.value.active_deployment_id === id ||
        environment.value.waiting_deployment_ids.includes(id));
    const success =
      next !== stored.value && next.status === 'succeeded'
        ? recordSuccess(next, now, environment?.value.current_release_id)
        : [];
    const writes: Write[] = [
      ...(next === stored.value
        ? []
        : [deployments.change(stored, { ...next, replaces: replacedBy(next, environment?.value) })]),
      ...(holds ? [environments.change(environment, freed(environment.value, next, now))] : []),
      ...success,
    ];
    try {
      if (writes.length > 0) await ports.table.transact(writes);
      return next;
    } catch (error) {
      // Changed meanwhile, by a repeat of this step or by a change of the environment.
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
}

const MESSAGES: Record<Outcome['status'], string> = {
  succeeded: 'The new version serves.',
  failed: 'The deployment failed.',
  rolled_back: 'The earlier version serves again.',
  cancelled: 'The deployment was cancelled.',
  rejected: 'The deployment was rejected.',
  superseded: 'A newer deployment took its place.',
};

/** The deployment as it has ended; the same where the outcome may not follow. */
export function ended(deployment: Deployment, outcome: Outcome, now: Date): Deployment {
  const {
    status,
    error,
    by,
    check,
    unlessBegun = false,
    message = error?.message ?? MESSAGES[status],
  } = outcome;
  if (!mayFollow(LIFECYCLE, deployment.status, status)) return deployment;
  if (unlessBegun && isBegun(deployment)) return deployment;
  // Whoever cancelled it was told that it would be taken back.
  if (status === 'succeeded' && deployment.cancelled_by !== undefined) return deployment;
  return {
    ...stepped(deployment, { status, message, at: now, by }),
    stage: status,
    completed_at: now.toISOString(),
    error,
    ...(check !== undefined && { checks: withCheck(deployment.checks, check) }),
    waits_for: [],
  };
}

function freed(environment: Environment, deployment: Deployment, now: Date): Environment {
  const { id, status, error } = deployment;
  const isActive = environment.active_deployment_id === id;
  return {
    ...environment,
    active_deployment_id: isActive ? undefined : environment.active_deployment_id,
    waiting_deployment_ids: environment.waiting_deployment_ids.filter((waiting) => waiting !== id),
    ...(isActive && status === 'succeeded' && serving(environment, deployment, now)),
    // What was taken back shows that something is wrong: nothing is promoted by itself until somebody has looked.
    ...(isActive &&
      hasMisserved(deployment) && {
        hold: environment.hold ?? {
          reason: `Deployment ${id} was not healthy: ${cut(error?.message ?? status, 400)}`,
          since: now.toISOString(),
          by: id,
        },
      }),
  };
}

/** Whether its new version had traffic, and was not well. */
const hasMisserved = ({ status, traffic }: Deployment): boolean =>
  status === 'rolled_back' || (status === 'failed' && traffic?.since !== undefined);

/** What served before: the way back leads there. */
const replacedBy = ({ status }: Deployment, environment: Environment | undefined): string | undefined =>
  status === 'succeeded' ? environment?.current_deployment_id : undefined;

function serving(environment: Environment, deployment: Deployment, now: Date): Partial<Environment> {
  const { id, release_id: releaseId, url, restores, created_by: by } = deployment;
  return {
    current_deployment_id: id,
    current_release_id: releaseId,
    url,
    preview_url: url,
    ...(restores !== undefined && {
      hold: environment.hold ?? { reason: `Rolled back to ${restores}.`, since: now.toISOString(), by },
    }),
    // The way back restores the configuration too: the next deployment goes on from it. A change since then counts more.
    ...(restores !== undefined &&
      environment.config_version === deployment.replaces_config_version && {
        ...configurationOf(deployment),
        config_version: environment.config_version + 1,
        updated_at: now.toISOString(),
      }),
  };
}
