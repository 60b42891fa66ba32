/** A deployment that has not begun follows its environment: it takes the configuration that the environment has now. */
import type { Environment } from '../environment/schema.ts';
import type { Ports } from '../ports/index.ts';
import type { Release } from '../release/schema.ts';
import { validApprovals } from './approval.ts';
import type { Deployment } from './schema.ts';
import { snapshotOf } from './snapshot.ts';
import { stepped } from './timeline.ts';

/** Reads the artifacts of the project that it deploys, and is no caller. */
const SYSTEM = { kind: 'system', name: 'deployment' } as const;

/**
 * Approvals that were given for what has changed do not count any more, and the time for them begins anew. One that restores
 * an earlier deployment keeps that one's configuration.
 * @throws StaitheError service_unknown | artifact_not_deployable (the release does not fit the environment any more)
 */
export async function refreshed(
  ports: Pick<Ports, 'table' | 'clock'>,
  deployment: Deployment,
  environment: Environment,
  release: Release,
): Promise<Deployment> {
  const isCurrent = deployment.config_version === environment.config_version;
  if (isCurrent || deployment.restores !== undefined) return deployment;
  const snapshot = await snapshotOf(ports, SYSTEM, release, environment);
  if (snapshot.subject === deployment.subject) return { ...deployment, ...snapshot };
  const lost = validApprovals(environment.approvals, deployment).length;
  const approvals = lost === 0 ? '' : `; ${lost === 1 ? 'an approval is' : `${lost} approvals are`} void`;
  const changed = stepped(deployment, {
    status: deployment.status,
    message: `The configuration of the environment changed${approvals}.`,
    at: ports.clock.now(),
  });
  return { ...changed, ...snapshot, approval_expires_at: undefined };
}
