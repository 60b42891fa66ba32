/**
 * The steps of the deployment workflow (stepfunctions/deployment.asl.yaml), as far as all goes well; the way back is in
 * roll-back.ts. Each may be repeated: what it is about to do is written down before, what it has done is found again.
 */
import { isFinal } from '../lifecycle.ts';
import { sleep } from '../log/store-limits.ts';
import type { Ports } from '../ports/index.ts';
import { TargetError } from '../ports/targets.ts';
import type { Stored } from '../storage/collection.ts';
import { type Destination, destinationOf, type TargetPorts } from './adapter.ts';
import { advance, load } from './advance.ts';
import { type Check, withCheck } from './check.ts';
import { end } from './end.ts';
import { checkCandidate, checkUrl } from './http-check.ts';
import { outputsOf } from './jobs/command.ts';
import type { Purpose } from './jobs/purpose.ts';
import { testVersion } from './jobs/test.ts';
import { type Deployment, type DeploymentStatus, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';
import { SOON_MS } from './time.ts';
import { checkBefore, firstShare, shiftTraffic } from './traffic.ts';

export type StepPorts = Pick<Ports, 'table' | 'probe' | 'clock'> & TargetPorts;

/** `job`: it is ready when this job has ended well, which the workflow waits for. */
interface Readiness {
  readonly ready: boolean;
  readonly job?: Purpose;
}

/** Of a deployment whose test has begun: its version was asked before. */
const TESTING = 'testing the new version';

/** Makes a version of the release at its target. `ready` tells whether it is made, and was checked without traffic. */
export async function apply(ports: StepPorts, id: string): Promise<Readiness> {
  const before = await load(ports, id);
  if (before.value.status === 'verifying') return madeAndChecked(ports, before);
  const { adapter, release } = destinationOf(ports, before.value);
  // A repeated step has asked before, and kept the answer.
  const isRepeat = before.value.status === 'deploying';
  const [kept, previous] = await Promise.all([
    keptVersion({ adapter, release }, before.value),
    isRepeat ? before.value.previous_version : adapter.serving(release),
  ]);
  const deployment = await advance(ports, before, 'deploying', {
    stage: 'making the new version',
    target_version: kept,
    previous_version: previous,
    started_at: before.value.started_at ?? ports.clock.now().toISOString(),
  });
  if (kept !== undefined) return madeAndChecked(ports, deployment);
  await adapter.prepare(release);
  return madeAndChecked(ports, deployment, isMadeSoon);
}

/** The version that an earlier deployment has made of just this, if it is there still: then traffic is all that moves. */
async function keptVersion(
  { adapter, release }: Destination,
  { restores, target_version: version }: Deployment,
): Promise<string | undefined> {
  if (restores === undefined || version === undefined) return version;
  return (await adapter.has(release, version)) ? version : undefined;
}

const isMade = ({ adapter, release }: Destination): Promise<boolean> => adapter.isReady(release);

/** Looks for a moment, as most are ready before a wait of the workflow would begin; who is not is waited for there. */
async function isMadeSoon(destination: Destination): Promise<boolean> {
  const pauses = destination.release.target.kind === 'command' ? [] : SOON_MS;
  for (const pause of pauses) {
    if (await isMade(destination)) return true;
    await sleep(pause);
  }
  return isMade(destination);
}

export async function ready(ports: StepPorts, id: string): Promise<Readiness> {
  return madeAndChecked(ports, await load(ports, id));
}

/** Freezes the new version and asks it, before any traffic reaches it. @throws TargetError when it is not well */
async function madeAndChecked(
  ports: StepPorts,
  stored: Stored<Deployment>,
  isReady: (destination: Destination) => Promise<boolean> = isMade,
): Promise<Readiness> {
  const { value: deployment } = stored;
  // The repeat of a step whose answer was lost.
  if (deployment.status === 'verifying' && deployment.traffic !== undefined) return { ready: true };
  const destination = destinationOf(ports, deployment);
  const { adapter, release } = destination;
  const isCommand = deployment.target.kind === 'command';
  if (deployment.target_version === undefined && !(await isReady(destination)))
    return isCommand ? { ready: false, job: 'deploy' } : { ready: false };
  const version = deployment.target_version ?? (await adapter.publish(release));
  const outputs = isCommand ? await outputsOf(ports, deployment.id) : undefined;
  const check =
    deployment.stage === TESTING ? undefined : await checkCandidate(ports, destination, deployment, version);
  const alarm = await checkBefore(ports, deployment, destination, version);
  const isBad = check?.ok === false || alarm !== undefined;
  // What restores an earlier deployment was tested then, and is in a hurry.
  const test =
    isBad || deployment.restores !== undefined
      ? undefined
      : await testVersion(ports, destination, deployment, version);
  const made = [check, alarm, test].filter((one) => one !== undefined && one !== 'running');
  const checked = {
    stage: test === undefined ? 'checking the new version' : TESTING,
    target_version: version,
    checks: made.reduce(withCheck, deployment.checks),
    outputs,
  };
  const bad = made.find(({ ok }) => !ok);
  if (bad !== undefined || test === 'running') await advance(ports, stored, 'verifying', checked);
  if (bad !== undefined) throw new TargetError(bad.message);
  if (test === 'running') return { ready: false, job: 'test' };
  // Kept before traffic moves, so that a crash in between still knows what to take back.
  const traffic = { percent: firstShare(deployment, version) };
  await advance(ports, stored, 'verifying', { ...checked, traffic });
  return { ready: true };
}

/** Sends the new version its next share of the traffic. @returns how long it bakes before the next look; 0 at the end */
export async function shift(ports: StepPorts, id: string): Promise<{ wait_seconds: number }> {
  const { wait_seconds } = await shiftTraffic(ports, await load(ports, id));
  return { wait_seconds };
}

/** Asks the new version where users reach it; then the deployment has succeeded. @throws TargetError when it is not well */
export async function verify(ports: StepPorts, id: string): Promise<{ status: DeploymentStatus }> {
  const stored = await load(ports, id);
  const { value: deployment } = stored;
  if (isFinal(LIFECYCLE, deployment.status)) return { status: deployment.status };
  const { traffic, url } = deployment;
  if (traffic?.percent !== 100 || traffic.since === undefined)
    throw new TargetError(
      `The deployment is ${deployment.status}; not all traffic is on the new version yet.`,
    );
  const check = url === undefined ? undefined : await checkUrl(ports, deployment, url);
  if (check?.ok === false) {
    await advance(ports, stored, 'verifying', noted(deployment, check));
    throw new TargetError(check.message);
  }
  return succeeded(ports, id, check);
}

const noted = ({ stage, checks }: Deployment, check: Check) => ({ stage, checks: withCheck(checks, check) });

async function succeeded(
  ports: StepPorts,
  id: string,
  check: Check | undefined,
): Promise<{ status: DeploymentStatus }> {
  const { status, cancelled_by: by } = await end(ports, id, { status: 'succeeded', check });
  if (!isFinal(LIFECYCLE, status))
    throw new TargetError(`The deployment was cancelled by ${by ?? 'another'}.`);
  return { status };
}
