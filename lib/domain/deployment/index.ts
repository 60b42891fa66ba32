/** Deployments: create, find, list. The steps of the deployment workflow are in `steps.ts`. */

import type { Actor } from '../access/actor.ts';
import * as Environment from '../environment/index.ts';
import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import type { CandidatePorts } from '../release/candidate.ts';
import * as Release from '../release/index.ts';
import type { Span } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { type Listable, scopeOf } from '../storage/scope.ts';
import { readVisible } from '../storage/visible.ts';
import { type CreateDeployment, releaseAsked } from './asked.ts';
import { drafted, type Needed, newId, request } from './create.ts';
import { deployments } from './record.ts';
import type { Deployment } from './schema.ts';

/**
 * Deploys a release to an environment: at once, or when the environment's rules hold. Where what is asked for is no release
 * yet, it becomes one first, unless it could not be deployed there whatever the rules.
 * @throws StaitheError as `releaseAsked` and `request` | role_too_low
 */
export async function create(
  ports: Needed & CandidatePorts,
  actor: Actor,
  project: Project,
  environment: string,
  asked: CreateDeployment,
  seed?: string,
): Promise<Deployment> {
  const { reason, override_freeze, ...what } = asked;
  const more = {
    ...(reason !== undefined && { reason }),
    ...(override_freeze !== undefined && { override_freeze }),
  };
  const target = async () => (await Environment.read(ports, project, environment)).value;
  const id = newId(ports, seed);
  const found = await releaseAsked(
    ports,
    { actor, project, seed },
    what,
    async () => (await target()).service,
  );
  Release.assertDeployable(found.release);
  if (found.record === undefined)
    return request(ports, actor, project, environment, { release: found.release, more }, id);
  const { release: fresh, artifacts } = found;
  await drafted(ports, actor, await target(), { release: fresh, artifacts, more }, id.id);
  const release = await found.record();
  Release.assertDeployable(release);
  return request(ports, actor, project, environment, { release, more }, id);
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Deployment> {
  return readVisible(ports.table, deployments, Keys.deployment, actor, id);
}

/**
 * To one environment, or to all of the projects. @throws StaitheError not_found | too_many_environments
 */
export async function list(
  ports: Pick<Ports, 'table'>,
  projects: Listable<Project>,
  { environment, ...paging }: Paging & Span & { readonly environment?: string | undefined },
): Promise<Listed<Deployment>> {
  const names = await Promise.all(
    projects.map(async (project): Promise<string[]> => {
      const found =
        environment === undefined
          ? (await Environment.all(ports, project)).map(({ name }) => name)
          : [(await Environment.read(ports, project, environment)).value.name];
      return found.map((name) => Partitions.deployments(project.id, name));
    }),
  );
  const partitions = names.flat();
  if (partitions.length > MAX_ENVIRONMENTS)
    throw new StaitheError(
      'too_many_environments',
      `There are ${partitions.length} environments; a list of deployments can cover at most ${MAX_ENVIRONMENTS}.`,
    );
  return deployments.newestOf(ports.table, 'deployment', partitions, paging, [
    scopeOf(projects),
    environment,
  ]);
}

/** 200: as many queries at once as a function's time and memory are good for. */
export const MAX_ENVIRONMENTS = 200;
