/** The way back: an earlier deployment's code and configuration, without a build and as fast as its alias moves. */
import type { Actor } from '../access/actor.ts';
import { configurationOf } from '../environment/configuration.ts';
import * as Environment from '../environment/index.ts';
import type { Environment as EnvironmentValue } from '../environment/schema.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { releases } from '../release/record.ts';
import type { Release } from '../release/schema.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { isSameTarget, titleOf } from '../target/index.ts';
import { type Needed, newId, request } from './create.ts';
import { deployments } from './record.ts';
import type { Deployment, RollBackTo } from './schema.ts';
import { subjectOf, withSubject } from './snapshot.ts';

/** 50: who goes back further names the one that is meant. */
const MAX_STEPS = 50;
const PAGE = 20;

/**
 * Deploys what an earlier deployment has deployed. It passes the environment's rules but for the queue, where it goes first;
 * and it sets a hold, so that nothing is promoted over it by itself.
 * @throws StaitheError not_found | nothing_to_restore | release_yanked | and as `request`
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
  const release = await releaseOf(ports, earlier);
  const { service, artifact_id, digest, image, release_id, target_version } = earlier;
  return request(
    ports,
    actor,
    project,
    name,
    {
      release,
      snapshot: withSubject({
        service,
        artifact_id,
        digest,
        release_id,
        ...(image !== undefined && { image }),
        ...configurationOf(earlier),
      }),
      more: { restores: earlier.id, target_version, reason: reason ?? `Rollback to ${earlier.id}.` },
    },
    id,
  );
}

/**
 * The one that served before the one that serves, and served something else; of a rollback, before the one that it restored.
 * One of a yanked release is passed over.
 * @throws StaitheError deployment_in_progress | nothing_to_restore
 */
async function lastGood(ports: Needed, environment: EnvironmentValue): Promise<Deployment> {
  const { name, active_deployment_id: active } = environment;
  if (active !== undefined)
    throw new StaitheError('deployment_in_progress', `Deployment ${active} to '${name}' is in progress.`, {
      remedy: `Cancel it (staithe deployment cancel ${active}), or name the deployment to restore (--to).`,
    });
  const read = async (id: string | undefined) =>
    id === undefined ? undefined : (await deployments.get(ports.table, Keys.deployment(id)))?.value;
  const original = async (deployment: Deployment | undefined) =>
    deployment?.restores === undefined ? deployment : await read(deployment.restores);
  const serving = await read(environment.current_deployment_id);
  let at = await original(serving);
  for (let step = 1; serving !== undefined && at !== undefined && step <= MAX_STEPS; step++) {
    at = await original((await read(at.replaces)) ?? (await before(ports, at)));
    if (at === undefined || subjectOf(at) === subjectOf(serving)) continue;
    if ((await releaseOf(ports, at)).yanked === undefined) return restorable(at, environment);
  }
  throw new StaitheError(
    'nothing_to_restore',
    `No earlier deployment to '${name}' has succeeded with other code or configuration.`,
  );
}

/** Of deployments of an older version, which do not say what they replaced: the one asked for before that succeeded. */
async function before(ports: Needed, deployment: Deployment): Promise<Deployment | undefined> {
  if (deployment.timeline.length > 0) return undefined;
  const partitions = [Partitions.deployments(deployment.project_id, deployment.environment)];
  const { items } = await deployments.newestOf(ports.table, 'deployment', partitions, {
    limit: PAGE,
    until: deployment.created_at,
  });
  return items.find(({ id, status }) => id < deployment.id && status === 'succeeded');
}

async function releaseOf(ports: Needed, { release_id: id }: Deployment): Promise<Release> {
  const release = (await releases.get(ports.table, Keys.release(id)))?.value;
  if (release === undefined) throw notFound('release', id);
  return release;
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
  if (!isSameTarget(before, target))
    throw new StaitheError(
      'nothing_to_restore',
      `Deployment ${id} went to ${titleOf(before)}; the target of '${name}' is ${titleOf(target)}.`,
      { remedy: 'Set the target of the environment back first, or deploy the release.' },
    );
  return deployment;
}
