/** The steps of the trigger workflow: from a kept webhook to builds, once per project, ref and commit. */
import type { SystemActor } from '../access/actor.ts';
import * as Build from '../build/index.ts';
import { type BuildWithRun, CreateBuild } from '../build/schema.ts';
import { GitHostError } from '../ports/git-host.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item } from '../ports/table.ts';
import * as Project from '../project/index.ts';
import * as Source from '../source/index.ts';
import { Keys } from '../storage/keys.ts';
import { deliveries } from './record.ts';
import type { Delivery } from './schema.ts';

type TriggerPorts = Pick<
  Ports,
  'table' | 'blobs' | 'workflows' | 'installation' | 'gitHost' | 'clock' | 'randomness'
>;

const WEBHOOK: SystemActor = { kind: 'system', name: 'webhook' };

/** Whose push it is. No project: the delivery is ignored. */
export async function decide(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
): Promise<{ projects: string[] }> {
  const delivery = (await deliveries.get(ports.table, Keys.delivery(deliveryId)))?.value;
  if (delivery?.decision.kind !== 'received' || delivery.repository === undefined) return { projects: [] };
  const projects = await Project.ofRepository(ports, delivery.repository);
  if (projects.length === 0)
    await conclude(ports, deliveryId, {
      kind: 'ignored',
      reason: `No project has the repository ${delivery.repository}.`,
    });
  const [first] = projects;
  if (first !== undefined)
    await deliveries.update(ports.table, Keys.delivery(deliveryId), (now) =>
      now.listed_under === first.id ? undefined : { ...now, listed_under: first.id },
    );
  return { projects: projects.map((project) => project.id) };
}

/**
 * Builds the commit in one project, unless another delivery of the same ref did. What a build gets and makes depends on
 * its ref: a branch's secrets and caches, a tag's images; what does not differ is reused. The claim holds the seed of the
 * build's id, so that a repeat of this step finds its own build.
 * @param waits how often this delivery has waited for the git host's rate limit
 * @returns `wait` when the git host has said how long
 * @throws GitHostError, temporary ones to be tried again
 */
export async function build(
  ports: TriggerPorts,
  deliveryId: string,
  projectId: string,
  waits = 0,
): Promise<Outcome> {
  const delivery = (await deliveries.get(ports.table, Keys.delivery(deliveryId)))?.value;
  if (delivery?.repository === undefined || delivery.ref === undefined || delivery.git_sha === undefined)
    throw new Error(`Delivery ${deliveryId} names no commit.`);
  const { repository, ref, git_sha: sha } = delivery;
  const claim = await claimCommit(ports, projectId, { sha, ref }, deliveryId);
  if (claim.delivery_id !== deliveryId) {
    await conclude(ports, deliveryId, {
      kind: 'duplicate',
      reason: `Delivery ${claim.delivery_id} built this commit of ${ref}.`,
    });
    return { outcome: 'duplicate' };
  }
  const project = await Project.resolve(ports, WEBHOOK, projectId);
  const staged = await Source.stageCommit(ports, project, { repository, ref, sha }).catch((error: unknown) =>
    waitFor(ports, deliveryId, error, waits),
  );
  if ('outcome' in staged) return staged;
  const source = staged;
  const input = CreateBuild.parse({ source_id: source.id, git_sha: sha, git_ref: ref });
  const built = await Build.create(ports, WEBHOOK, project, input, claim.seed);
  await conclude(
    ports,
    deliveryId,
    { kind: 'building', reason: `${ref} at ${sha.slice(0, 7)} ${whatBecomesOf(built)}.` },
    { project_id: projectId, build_id: built.id, run_id: built.latest_run?.id },
  );
  return { outcome: 'building' };
}

/** Its content may have been built for another ref. */
const whatBecomesOf = ({ latest_run: run }: BuildWithRun): string =>
  run?.reused_from === undefined
    ? 'is being built'
    : `takes what run ${run.reused_from} made of the same content`;

type Outcome =
  | { readonly outcome: 'building' | 'duplicate' }
  | { readonly outcome: 'wait'; readonly seconds: number };

/** GitHub counts by the hour, and others at the same address may have used up the next one too. */
const MOST_WAITS = 3;
/** An hour, and what clocks may differ by. */
const LONGEST_WAIT_SECONDS = 3700;

/** The git host has said when it may be asked again: the delivery tells it, and its workflow waits. */
async function waitFor(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
  error: unknown,
  waits: number,
): Promise<Outcome> {
  const seconds = error instanceof GitHostError ? error.retryAfterSeconds : undefined;
  if (!(error instanceof GitHostError) || seconds === undefined) throw error;
  const retryAt = new Date(ports.clock.now().getTime() + seconds * 1000).toISOString();
  // Not temporary any more: the host has said when, so that no try before then can help.
  if (waits >= MOST_WAITS || seconds > LONGEST_WAIT_SECONDS)
    throw new GitHostError(error.message, {
      advice: `It is not waited for any longer. Deliver the push again after ${retryAt}.`,
    });
  await deliveries.update(ports.table, Keys.delivery(deliveryId), (delivery) =>
    delivery.decision.kind === 'received'
      ? {
          ...delivery,
          retry_at: retryAt,
          decision: { kind: 'received', reason: `${error.message} It is asked again at ${retryAt}.` },
        }
      : undefined,
  );
  return { outcome: 'wait', seconds };
}

/** 30 minutes: twice what the workflow may take without waiting (stepfunctions/trigger.asl.yaml), so it is surely gone. */
const OVERDUE_MS = 30 * 60_000;

/** A claim holds for ever when it led to a build, else as long as its delivery's workflow may be at work. */
async function holds(
  ports: Pick<Ports, 'table' | 'clock'>,
  claim: { delivery_id: string },
  projectId: string,
): Promise<boolean> {
  const holder = (await deliveries.get(ports.table, Keys.delivery(claim.delivery_id)))?.value;
  if (holder === undefined || holder.builds.some((build) => build.project_id === projectId)) return true;
  return ports.clock.now().getTime() - Date.parse(holder.retry_at ?? holder.received_at) <= OVERDUE_MS;
}

async function claimCommit(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  projectId: string,
  { sha, ref }: { sha: string; ref: string },
  deliveryId: string,
): Promise<{ delivery_id: string; seed: string }> {
  const claim = { delivery_id: deliveryId, seed: ports.randomness.ulid(ports.clock.now().getTime()) };
  const item: Item = { ...Keys.commit(projectId, sha, ref), entity: 'commit_claim', revision: 1, ...claim };
  try {
    await ports.table.write({ put: item, when: { absent: true } });
    return claim;
  } catch (error) {
    if (!(error instanceof ConditionFailed) || error.existing === undefined) throw error;
    const { delivery_id, seed, revision } = error.existing;
    const held = { delivery_id: String(delivery_id), seed: String(seed) };
    if (held.delivery_id === deliveryId || (await holds(ports, held, projectId))) return held;
    // Its workflow died between the claim and the build; who is second here is tried again by the workflow.
    await ports.table.write({ put: { ...item, revision: revision + 1 }, when: { revision } });
    return claim;
  }
}

/** The build could not be started: the delivery says why, and the commit is free for another try. */
export async function giveUp(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
  projectId: string,
  reason: string,
): Promise<void> {
  const delivery = (await deliveries.get(ports.table, Keys.delivery(deliveryId)))?.value;
  if (delivery?.git_sha !== undefined && delivery.ref !== undefined) {
    const key = Keys.commit(projectId, delivery.git_sha, delivery.ref);
    const claim = await ports.table.get(key);
    if (claim?.delivery_id === deliveryId)
      await ports.table.write({
        remove: key,
        when: { revision: claim.revision },
      });
  }
  await conclude(ports, deliveryId, { kind: 'failed', reason });
}

/** The workflow died: the delivery does not wait for it for ever. A decision that was made stays. */
export async function abandon(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
  reason: string,
): Promise<void> {
  const delivery = (await deliveries.get(ports.table, Keys.delivery(deliveryId)))?.value;
  if (delivery?.decision.kind === 'received') await conclude(ports, deliveryId, { kind: 'failed', reason });
}

/** Notes the decision. Of several projects, one that builds counts most. */
async function conclude(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
  decision: Pick<Delivery['decision'], 'kind' | 'reason'>,
  started?: Delivery['builds'][number],
): Promise<void> {
  const decidedAt = ports.clock.now().toISOString();
  await deliveries.update(ports.table, Keys.delivery(deliveryId), (delivery) => {
    const builds =
      started === undefined || delivery.builds.some((one) => one.build_id === started.build_id)
        ? delivery.builds
        : [...delivery.builds, started];
    const { retry_at: _, ...rest } = delivery;
    const keep = delivery.decision.kind === 'building' && decision.kind !== 'building';
    return {
      ...rest,
      builds,
      decision: keep ? delivery.decision : { ...decision, decided_at: decidedAt },
    };
  });
}

/** Whether a failed step may be tried again. */
export function isTemporary(error: unknown): boolean {
  return error instanceof GitHostError && error.temporary;
}
