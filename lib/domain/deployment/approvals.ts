/** Which deployments wait for approval, and for whose. */
import type { Actor } from '../access/actor.ts';
import * as Environment from '../environment/index.ts';
import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { Keys } from '../storage/keys.ts';
import type { Listable } from '../storage/scope.ts';
import { mayApprove } from './approve.ts';
import { MAX_ENVIRONMENTS } from './index.ts';
import { deployments } from './record.ts';
import type { Deployment } from './schema.ts';

/**
 * Oldest first; not more than 20 in each environment wait at all, so there are no pages.
 * @param of `mine`: those that the actor can approve, and has not
 * @throws StaitheError too_many_environments
 */
export async function listApprovals(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  projects: Listable<Project>,
  of: 'mine' | 'all',
): Promise<{ items: Deployment[] }> {
  const pages = await Promise.all(projects.map((project) => Environment.all(ports, project)));
  const environments = pages.flat().filter((environment) => environment.waiting_deployment_ids.length > 0);
  if (environments.length > MAX_ENVIRONMENTS)
    throw new StaitheError(
      'too_many_environments',
      `Deployments wait for ${environments.length} environments; a list can cover at most ${MAX_ENVIRONMENTS}.`,
    );
  const byName = new Map(environments.map((one) => [`${one.project_id}/${one.name}`, one]));
  const keys = environments.flatMap((one) => one.waiting_deployment_ids.map(Keys.deployment));
  const waiting = (await deployments.getMany(ports.table, keys)).filter(
    ({ status }) => status === 'awaiting_approval',
  );
  const items = waiting.filter((deployment) => {
    const environment = byName.get(`${deployment.project_id}/${deployment.environment}`);
    return of === 'all' || (environment !== undefined && mayApprove(actor, deployment, environment));
  });
  return { items: items.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}
