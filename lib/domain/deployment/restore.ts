/** The way back: an earlier deployment's code and configuration, without a build and as fast as its alias moves. */
import type { Actor } from '../access/actor.ts';
import * as Environment from '../environment/index.ts';
import type { Environment as EnvironmentValue } from '../environment/schema.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { releases } from '../release/record.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { type Needed, newId, request } from './create.ts';
import { deployments } from './record.ts';
import type { Deployment, RollBackTo } from './schema.ts';
import { configurationOf, subjectOf, withSubject } from './snapshot.ts';

/** 5 pages of 20: who goes back further than a hundred deployments names the one that is meant. */
const PAGE = 20;
const MAX_PAGES = 5;

/**
 * Deploys what an earlier deployment has deployed. It passes the environment's rules but for the queue, where it goes first;
 * and it sets a hold, so that nothing is promoted over it by itself.
 * @throws StaitheError not_found | nothing_to_restore | and as `request`
 */
export async function rollBackTo(
  ports: Needed & Pick<Ports, 'randomness'>,
  actor: Actor,
  project: Project,
  name: string,
  { to, reason }: RollBackTo,
  seed?: string,
): Promise<Deployment> {
  const id = newId(ports, seed);
  const repeated = id.mayExist ? await deployments.get(ports.table, Keys.deployment(id.id)) : undefined;
  // The repeat of a request names the same one as before, and not the one before that.
  const wanted = repeated?.value.restores ?? to;
  const { value: environment } = await Environment.read(ports, project, name);
  const earlier =
    wanted === undefined ? await lastGood(ports, environment) : await named(ports, environment, wanted);
  const release = (await releases.get(ports.table, Keys.release(earlier.release_id)))?.value;
  if (release === undefined) throw notFound('release', earlier.release_id);
  const { service, artifact_id, digest, function_version } = earlier;
  return request(
    ports,
    actor,
    project,
    name,
    {
      release,
      snapshot: withSubject({ service, artifact_id, digest, ...configurationOf(earlier) }),
      more: { restores: earlier.id, function_version, reason: reason ?? `Rollback to ${earlier.id}.` },
    },
    id,
  );
}

/** The newest that has succeeded before the one that serves, and that serves something else. */
async function lastGood(ports: Needed, environment: EnvironmentValue): Promise<Deployment> {
  const { name, current_deployment_id: current, project_id: projectId } = environment;
  const serving =
    current === undefined ? undefined : (await deployments.get(ports.table, Keys.deployment(current)))?.value;
  const partitions = [Partitions.deployments(projectId, name)];
  let cursor: string | undefined;
  for (let page = 1; serving !== undefined && page <= MAX_PAGES; page++) {
    const found = await deployments.newestOf(ports.table, 'deployment', partitions, { limit: PAGE, cursor });
    const good = found.items.find(
      (deployment) =>
        deployment.id < (serving.restores ?? serving.id) &&
        deployment.status === 'succeeded' &&
        deployment.restores === undefined &&
        subjectOf(deployment) !== subjectOf(serving),
    );
    if (good !== undefined) return restorable(good, environment);
    if (found.next_cursor === null) break;
    cursor = found.next_cursor;
  }
  throw new StaitheError(
    'nothing_to_restore',
    `No earlier deployment to '${name}' has succeeded with other code or configuration.`,
  );
}

async function named(ports: Needed, environment: EnvironmentValue, id: string): Promise<Deployment> {
  const found = (await deployments.get(ports.table, Keys.deployment(id)))?.value;
  if (found?.project_id !== environment.project_id || found.environment !== environment.name)
    throw notFound('deployment', id);
  return restorable(found, environment);
}

/** @throws StaitheError nothing_to_restore */
function restorable(deployment: Deployment, { name, target }: EnvironmentValue): Deployment {
  const { id, status, target: before } = deployment;
  if (status !== 'succeeded')
    throw new StaitheError('nothing_to_restore', `Deployment ${id} is ${status}; it did not succeed.`);
  if (before.function_name !== target.function_name)
    throw new StaitheError(
      'nothing_to_restore',
      `Deployment ${id} went to function ${before.function_name}; the target of '${name}' is ${target.function_name}.`,
      { remedy: 'Set the function of the environment back first, or deploy the release.' },
    );
  return deployment;
}
