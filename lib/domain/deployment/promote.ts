/** Automatic promotion: a release that has succeeded everywhere it had to goes on by itself. */
import * as Environment from '../environment/index.ts';
import { environments } from '../environment/record.ts';
import { nextOf } from '../environment/schedule.ts';
import type { Environment as EnvironmentValue } from '../environment/schema.ts';
import { StaitheError } from '../error.ts';
import { idAt } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import * as Project from '../project/find.ts';
import { releases } from '../release/record.ts';
import type { Release } from '../release/schema.ts';
import { Keys } from '../storage/keys.ts';
import { request } from './create.ts';
import { deployments } from './record.ts';
import type { Deployment } from './schema.ts';

type Needed = Pick<Ports, 'table' | 'workflows' | 'clock'>;

/** Who promotes. */
const SYSTEM = { kind: 'system', name: 'promotion' } as const;

/**
 * Promotes the release of a deployment that has succeeded to the environments that come after its own and promote by
 * themselves. Their rules count: it waits there for its time, for approvals, for the end of a freeze. A repeat promotes
 * nothing twice. The way back is not promoted.
 */
export async function promote(ports: Needed, deployment: Deployment): Promise<void> {
  if (deployment.restores !== undefined) return;
  const { project_id: projectId, environment: from } = deployment;
  const all = await Environment.all(ports, { id: projectId });
  const following = all.filter(({ auto, after }) => auto !== undefined && after.includes(from));
  if (following.length === 0) return;
  const release = (await releases.get(ports.table, Keys.release(deployment.release_id)))?.value;
  if (release === undefined) return;
  for (const environment of following) await promoteTo(ports, deployment, release, environment);
}

async function promoteTo(
  ports: Needed,
  { id: cause, project_id: projectId, completed_at: endedAt, created_at: createdAt }: Deployment,
  release: Release,
  environment: EnvironmentValue,
): Promise<void> {
  const { name, auto } = environment;
  // Ids are in the order of time: what is older than what is deployed, or waits to be, is not news.
  if (auto === undefined || (environment.current_release_id ?? '') >= release.id) return;
  if (await waitsForNewer(ports, environment, release.id)) return;
  const now = ports.clock.now();
  const earliest = new Date(now.getTime() + auto.delay_seconds * 1000);
  const time = auto.cron === undefined ? earliest : nextOf(auto.cron, auto.zone, earliest);
  const wanted = {
    release,
    more: {
      automatic: true,
      reason: `Release ${release.version ?? release.tag ?? release.id} succeeded in ${environment.after.join(', ')}.`,
      ...(time > now && { not_before: time.toISOString() }),
    },
  };
  // In the order of time with those that people ask for: the way back goes by it.
  const promotedAt = Date.parse(endedAt ?? createdAt);
  const id = { id: idAt('deployment', promotedAt, cause, name), mayExist: true };
  try {
    const project = await Project.resolve(ports, SYSTEM, projectId);
    await request(ports, SYSTEM, project, name, wanted, id);
  } catch (error) {
    if (!(error instanceof StaitheError) || error.code === 'busy') throw error;
    // Another of its environments has not seen it yet: when that has, it is promoted.
    if (error.code === 'not_eligible' || error.code === 'not_found') return;
    await noteRefusal(ports, environment, release, error.message);
  }
}

/** Whether a newer release waits there that was promoted by itself. */
async function waitsForNewer(
  { table }: Pick<Ports, 'table'>,
  { waiting_deployment_ids: ids }: EnvironmentValue,
  releaseId: string,
): Promise<boolean> {
  const waiting = await deployments.getMany(table, ids.map(Keys.deployment));
  return waiting.some(({ automatic, release_id: other }) => automatic && other > releaseId);
}

/** Nobody waits for the answer: so the environment says it, and promotes nothing more until somebody has looked. */
async function noteRefusal(
  ports: Needed,
  { project_id: projectId, name }: EnvironmentValue,
  { id, version, tag }: Release,
  reason: string,
): Promise<void> {
  const since = ports.clock.now().toISOString();
  const hold = {
    reason: `Release ${version ?? tag ?? id} could not be promoted: ${reason}`,
    since,
    by: SYSTEM.name,
  };
  await environments.update(ports.table, Keys.environment(projectId, name), (environment) => ({
    ...environment,
    hold: environment.hold ?? hold,
  }));
}
