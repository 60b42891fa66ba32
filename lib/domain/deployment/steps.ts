import { isHealthy } from '../environment/schema.ts';
import { isFinal, mayFollow } from '../lifecycle.ts';
import { type FunctionRelease, TargetError } from '../ports/functions.ts';
import type { Ports } from '../ports/index.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { cut } from '../text.ts';
import { hexOf } from '../values.ts';
import { end } from './end.ts';
import { deployments } from './record.ts';
import {
  type Deployment,
  type DeploymentStatus,
  isWaiting,
  DEPLOYMENT_LIFECYCLE as LIFECYCLE,
} from './schema.ts';
import { stepped } from './timeline.ts';

export type StepPorts = Pick<Ports, 'table' | 'functions' | 'probe' | 'clock'>;

/** Of a deployment whose alias has not moved. */
export const UPDATING = 'updating code';

/** The alias that traffic goes through. */
export const aliasOf = (deployment: Deployment): string => `staithe-${deployment.environment}`;

/** @throws TargetError when it is gone, with its project: then no step is of use, however often it is tried */
async function load(ports: Pick<Ports, 'table'>, id: string): Promise<Deployment> {
  const found = await deployments.get(ports.table, Keys.deployment(id));
  if (found === undefined) throw new TargetError(`Deployment ${id} no longer exists.`);
  const { cancelled_by: by } = found.value;
  if (by !== undefined) throw new TargetError(`The deployment was cancelled by ${by}.`);
  return found.value;
}

async function advance(
  ports: Pick<Ports, 'table' | 'clock'>,
  id: string,
  status: DeploymentStatus,
  change: Partial<Deployment> & Pick<Deployment, 'stage'>,
): Promise<Deployment> {
  const at = ports.clock.now();
  const stored = await deployments.update(ports.table, Keys.deployment(id), (deployment) => {
    if (deployment.status !== status && !mayFollow(LIFECYCLE, deployment.status, status)) return undefined;
    // Whoever starts its workflow by hand gets past no rule.
    if (isWaiting(deployment.status) && deployment.admitted_at === undefined) return undefined;
    // A repeated step is no further step of the way.
    const isKnown = deployment.status === status && deployment.stage === change.stage;
    const next = isKnown ? deployment : stepped(deployment, { status, message: change.stage, at });
    return { ...next, ...change };
  });
  if (stored === undefined || stored.value.status !== status)
    throw new TargetError(`The deployment is ${stored?.value.status ?? 'gone'}; it cannot become ${status}.`);
  return stored.value;
}

/** Gives the function its new code. `ready` tells whether the change is in force already. */
export async function apply(ports: StepPorts, id: string): Promise<{ ready: boolean }> {
  const before = await load(ports, id);
  const { target } = before;
  const kept = await keptVersion(ports, before);
  // A repeated step has asked before, and kept the answer.
  const previous =
    before.status === 'deploying'
      ? before.previous_version
      : await ports.functions.aliasVersion(target.function_name, aliasOf(before));
  const deployment = await advance(ports, id, 'deploying', {
    stage: UPDATING,
    function_version: kept,
    previous_version: previous,
    started_at: before.started_at ?? ports.clock.now().toISOString(),
  });
  if (kept !== undefined) return { ready: true };
  await ports.functions.apply(releaseOf(deployment));
  return ready(ports, id);
}

/** The version that an earlier deployment has published of just this, if it is there still: then its alias is all that moves. */
async function keptVersion(ports: StepPorts, deployment: Deployment): Promise<string | undefined> {
  const { restores, function_version: version } = deployment;
  if (restores === undefined || version === undefined) return version;
  return (await ports.functions.hasVersion(releaseOf(deployment), version)) ? version : undefined;
}

const releaseOf = (deployment: Deployment): FunctionRelease => ({
  target: deployment.target,
  variables: deployment.variables,
  projectId: deployment.project_id,
  blobKey: BlobKeys.artifact(deployment.project_id, hexOf(deployment.digest)),
  digest: deployment.digest,
});

export async function ready(ports: StepPorts, id: string): Promise<{ ready: boolean }> {
  const deployment = await load(ports, id);
  return { ready: await ports.functions.isReady(deployment.target.function_name) };
}

/** Publishes a version of just this digest and moves the alias to it. */
export async function shift(ports: StepPorts, id: string): Promise<{ preview_url: string }> {
  const deployment = await load(ports, id);
  // The repeat of a step whose answer was lost; a refusal would take back what serves well.
  if (deployment.status === 'verifying' && deployment.preview_url !== undefined)
    return { preview_url: deployment.preview_url };
  const { function_name: functionName } = deployment.target;
  const version = deployment.function_version ?? (await ports.functions.publish(releaseOf(deployment)));
  // Kept before the alias moves, so that a crash in between still knows what to take back.
  await advance(ports, id, 'deploying', { stage: 'moving traffic', function_version: version });
  const url = await ports.functions.moveAlias(functionName, aliasOf(deployment), version);
  await advance(ports, id, 'verifying', { stage: 'checking', preview_url: url });
  return { preview_url: url };
}

/** Asks the new version. @throws TargetError when it does not answer as it should */
export async function verify(ports: StepPorts, id: string): Promise<{ status: number }> {
  const deployment = await load(ports, id);
  if (deployment.preview_url === undefined)
    throw new TargetError(`The deployment is ${deployment.status}; it has no URL to check yet.`);
  const { href: url, origin } = new URL(deployment.health_path, deployment.preview_url);
  // Environments of an earlier version may hold a path that is another host's address.
  if (origin !== new URL(deployment.preview_url).origin)
    throw new TargetError(`The health path '${deployment.health_path}' points to another host.`);
  const answer = await ports.probe.get(url, {
    healthy: (status) => isHealthy(deployment, status),
    follow: deployment.health_follow,
  });
  if ('failure' in answer) throw new TargetError(`${url} did not answer: ${answer.failure}.`);
  if (!isHealthy(deployment, answer.status)) throw new TargetError(unhealthy(url, deployment, answer));
  return { status: answer.status };
}

function unhealthy(
  url: string,
  { health_status: right }: Deployment,
  { status, location }: { status: number; location?: string | undefined },
): string {
  const expected = right.length === 0 ? 'a status from 200 to 299' : right.join(' or ');
  const where = location === undefined ? '' : ` (to ${cut(location, 200)})`;
  const remedy =
    location === undefined
      ? ''
      : ' Set a health path that needs no sign-in, or set the expected answer with health_status or health_follow.';
  return `${url} answered ${status}${where}; ${expected} was expected.${remedy}`;
}

export async function succeed(ports: StepPorts, id: string): Promise<{ status: DeploymentStatus }> {
  const { status, cancelled_by: by } = await end(ports, id, { status: 'succeeded' });
  if (!isFinal(LIFECYCLE, status))
    throw new TargetError(`The deployment was cancelled by ${by ?? 'another'}.`);
  return { status };
}
