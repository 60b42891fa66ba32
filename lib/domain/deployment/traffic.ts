/** How a new version comes to all of the traffic: step by step, watched at each. */
import type { Ports } from '../ports/index.ts';
import { TargetError, type Watched } from '../ports/targets.ts';
import type { Stored } from '../storage/collection.ts';
import { stepsOf } from '../target/index.ts';
import type { TrafficStep } from '../target/traffic-steps.ts';
import { type Destination, destinationOf, type TargetPorts } from './adapter.ts';
import { advance } from './advance.ts';
import { type Check, withCheck } from './check.ts';
import type { Deployment } from './schema.ts';
import { LONGEST_PAUSE_SECONDS, SHORTEST_PAUSE_SECONDS } from './time.ts';

export type TrafficPorts = Pick<Ports, 'table' | 'clock'> & TargetPorts;

/** As many looks as a step of traffic gets, if the pauses are not too long then. */
const LOOKS_PER_STEP = 60;

/**
 * The shares that a new version gets. What restores an earlier deployment gets all traffic at once, and is not watched: it
 * has proved itself, and the alarms that it is to end are still on.
 */
const sharesOf = ({ target, restores }: Deployment): readonly TrafficStep[] =>
  restores === undefined ? stepsOf(target) : [{ percent: 100, bake_seconds: 0 }];

/** The first share. A version that is alone, or the same as before, can have no part of the traffic but all of it. */
export function firstShare(deployment: Deployment, version: string): number {
  const { previous_version: previous } = deployment;
  const [first] = sharesOf(deployment);
  return previous === undefined || previous === version ? 100 : (first?.percent ?? 100);
}

/**
 * Goes on to the next share that is due, and looks at how the new version does with it. What is about to be done is
 * written down before it is, so that a repeat knows.
 * @returns the seconds to wait until the next look; 0 when it has all traffic and is well
 * @throws TargetError when something speaks against the new version
 */
export async function shiftTraffic(
  ports: TrafficPorts,
  known: Stored<Deployment>,
): Promise<{ wait_seconds: number; deployment: Stored<Deployment> }> {
  let stored = known;
  for (;;) {
    const { value: deployment } = stored;
    const { traffic, target_version: version } = deployment;
    // A step that comes late must not send traffic to what was taken back.
    if (deployment.status !== 'verifying' || traffic === undefined || version === undefined)
      throw new TargetError(`The deployment is ${deployment.status}; it has no version to send traffic to.`);
    const destination = destinationOf(ports, deployment);
    if (traffic.since === undefined) {
      stored = await move(ports, destination, stored, { version, percent: traffic.percent });
      continue;
    }
    const steps = sharesOf(deployment);
    const at = steps.findIndex(({ percent }) => percent === traffic.percent);
    const bakeMs = (steps[at]?.bake_seconds ?? 0) * 1000;
    const since = Date.parse(traffic.since);
    const fault = await faultOf(deployment, destination, {
      version,
      percent: traffic.percent,
      since,
      isBaking: bakeMs > 0,
    });
    if (fault !== undefined) throw await failed(ports, stored, traffic.percent, fault);
    const left = since + bakeMs - ports.clock.now().getTime();
    if (left > 0) return { wait_seconds: pauseOf(bakeMs, left), deployment: stored };
    const next = steps[at + 1];
    if (next === undefined) return { wait_seconds: 0, deployment: stored };
    stored = await advance(ports, stored, 'verifying', {
      stage: deployment.stage,
      traffic: { percent: next.percent },
      ...(bakeMs > 0 && { checks: withCheck(deployment.checks, wellWith(ports, traffic.percent)) }),
    });
  }
}

/** What speaks against a version; never against what restores an earlier one. */
async function faultOf(
  { restores }: Deployment,
  { adapter, release }: Destination,
  watched: Watched,
): Promise<string | undefined> {
  return restores === undefined ? adapter.fault?.(release, watched) : undefined;
}

/** Before it has traffic: what speaks against it then would speak against it later, and take it back. */
export async function checkBefore(
  ports: Pick<Ports, 'clock'>,
  deployment: Deployment,
  destination: Destination,
  version: string,
): Promise<Check | undefined> {
  const now = ports.clock.now();
  const watched = { version, percent: 0, since: now.getTime(), isBaking: false };
  const fault = await faultOf(deployment, destination, watched);
  const message = `Before it has traffic: ${fault} Wait until that is over, or take the alarm from the target.`;
  return fault === undefined
    ? undefined
    : { kind: 'watch', percent: 0, ok: false, message, at: now.toISOString() };
}

async function move(
  ports: TrafficPorts,
  { adapter, release }: Destination,
  stored: Stored<Deployment>,
  { version, percent }: { version: string; percent: number },
): Promise<Stored<Deployment>> {
  const { url } = await adapter.shift(release, {
    version,
    percent,
    previous: stored.value.previous_version,
  });
  return advance(ports, stored, 'verifying', {
    stage:
      percent === 100 ? 'all traffic on the new version' : `${percent} % of the traffic on the new version`,
    traffic: { percent, since: ports.clock.now().toISOString() },
    ...(url !== undefined && { url, preview_url: url }),
  });
}

/** Seconds, at most until the step is over. */
function pauseOf(bakeMs: number, leftMs: number): number {
  const pause = Math.ceil(bakeMs / 1000 / LOOKS_PER_STEP);
  const bounded = Math.min(Math.max(pause, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS);
  return Math.max(1, Math.min(bounded, Math.ceil(leftMs / 1000)));
}

const wellWith = (ports: TrafficPorts, percent: number): Check => ({
  kind: 'watch',
  percent,
  ok: true,
  message: `Nothing spoke against the new version with ${percent} % of the traffic.`,
  at: ports.clock.now().toISOString(),
});

async function failed(
  ports: TrafficPorts,
  stored: Stored<Deployment>,
  percent: number,
  fault: string,
): Promise<TargetError> {
  const at = ports.clock.now().toISOString();
  const check: Check = { kind: 'watch', percent, ok: false, message: fault, at };
  const { stage, checks } = stored.value;
  await advance(ports, stored, 'verifying', { stage, checks: withCheck(checks, check) });
  return new TargetError(`With ${percent} % of the traffic: ${fault}`);
}
