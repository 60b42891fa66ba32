/** The steps of the trigger workflow: from a kept webhook to builds, once per project, ref and commit. */
import type { SystemActor } from '../access/actor.ts';
import * as Build from '../builds/index.ts';
import { type BuildWithRun, CreateBuild } from '../builds/schema.ts';
import { GitHostError } from '../ports/git-host.ts';
import type { Ports } from '../ports/index.ts';
import * as Project from '../project/index.ts';
import * as Source from '../source/index.ts';
import { Keys } from '../storage/keys.ts';
import { type Commit, claimCommit, extendClaim, releaseClaim } from './claim.ts';
import { changedEntries, type DeliveryRecord, deliveries } from './record.ts';
import type { Decision, Delivery } from './schema.ts';
import { MAX_WAIT_SECONDS, MAX_WAITS } from './time.ts';

export type TriggerPorts = Pick<
  Ports,
  | 'table'
  | 'blobs'
  | 'trees'
  | 'workflows'
  | 'compute'
  | 'installation'
  | 'imageTags'
  | 'runtimes'
  | 'runsProcesses'
  | 'gitHost'
  | 'clock'
  | 'randomness'
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
    await conclude(ports, deliveryId, undefined, {
      kind: 'ignored',
      reason: `No project has the repository ${delivery.repository}.`,
    });
  const [first, ...others] = projects.map(({ id }) => id);
  if (first !== undefined)
    await change(ports, deliveryId, (now) =>
      now.listed_under === first && now.also_in.join() === others.join()
        ? undefined
        : { ...now, listed_under: first, also_in: others },
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
  const commit = { projectId, sha, ref };
  const claim = await claimCommit(ports, commit, deliveryId);
  if (claim.deliveryId !== deliveryId) {
    await conclude(ports, deliveryId, projectId, {
      kind: 'duplicate',
      reason: `Delivery ${claim.deliveryId} built this commit of ${ref}.`,
    });
    return { outcome: 'duplicate' };
  }
  const project = await Project.resolve(ports, WEBHOOK, projectId);
  const staged = await Source.storeCommit(ports, project, { repository, ref, sha }).catch((error: unknown) =>
    scheduleRetry(ports, deliveryId, commit, error, waits),
  );
  if ('outcome' in staged) return staged;
  const source = staged;
  const input = {
    ...CreateBuild.parse({ source_id: source.id, git_sha: sha, git_ref: ref }),
    pushed_at: delivery.pushed_at ?? delivery.received_at,
  };
  const built = await Build.create(ports, WEBHOOK, project, input, claim.seed);
  await conclude(
    ports,
    deliveryId,
    projectId,
    { kind: 'building', reason: `${ref} at ${sha.slice(0, 7)} ${outcomeText(built)}.` },
    { project_id: projectId, build_id: built.id, run_id: built.latest_run?.id },
  );
  return { outcome: 'building' };
}

/** Its content may have been built for another ref. */
const outcomeText = ({ latest_run: run }: BuildWithRun): string =>
  run?.reused_from === undefined
    ? 'is being built'
    : `takes what run ${run.reused_from} made of the same content`;

type Outcome =
  | { readonly outcome: 'building' | 'duplicate' }
  | { readonly outcome: 'wait'; readonly seconds: number };

/** The git host has said when it may be asked again: the delivery tells it, and its workflow waits. */
async function scheduleRetry(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
  commit: Commit,
  error: unknown,
  waits: number,
): Promise<Outcome> {
  const seconds = error instanceof GitHostError ? error.retryAfterSeconds : undefined;
  if (!(error instanceof GitHostError) || seconds === undefined) throw error;
  const retryAt = new Date(ports.clock.now().getTime() + seconds * 1000).toISOString();
  // Not temporary any more: the host has said when, so that no try before then can help.
  if (waits >= MAX_WAITS || seconds > MAX_WAIT_SECONDS)
    throw new GitHostError(error.message, {
      advice: `Staithe stopped retrying. Redeliver the push after ${retryAt}.`,
    });
  await extendClaim(ports, commit, deliveryId, retryAt);
  await deliveries.update(ports.table, Keys.delivery(deliveryId), (delivery) => ({
    ...delivery,
    // Of several projects that wait, the last one's time.
    retry_at: laterOf(delivery.retry_at, retryAt),
    // What another project's build has decided stays.
    ...(delivery.decision.kind === 'received' && {
      decision: { kind: 'received', reason: `${error.message} The next attempt is at ${retryAt}.` },
    }),
  }));
  return { outcome: 'wait', seconds };
}

const laterOf = (one: string | undefined, other: string): string =>
  one !== undefined && one > other ? one : other;

/** The build could not be started: the delivery says why, and the commit is free for another try. */
export async function recordFailure(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
  projectId: string,
  reason: string,
): Promise<void> {
  const delivery = (await deliveries.get(ports.table, Keys.delivery(deliveryId)))?.value;
  if (delivery?.git_sha !== undefined && delivery.ref !== undefined)
    await releaseClaim(ports, { projectId, sha: delivery.git_sha, ref: delivery.ref }, deliveryId);
  await conclude(ports, deliveryId, projectId, { kind: 'failed', reason });
}

/** The workflow died: the delivery does not wait for it for ever. A decision that was made stays. */
export async function abandon(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
  reason: string,
): Promise<void> {
  const decidedAt = ports.clock.now().toISOString();
  // Nobody waits any more, in none of its projects.
  const failed = { kind: 'failed', reason, decided_at: decidedAt } as const;
  await change(ports, deliveryId, ({ retry_at: _, ...delivery }) => {
    const open = [delivery.listed_under, ...delivery.also_in].filter(
      (id) => id !== undefined && !delivery.outcomes.some((outcome) => outcome.project_id === id),
    );
    return {
      ...delivery,
      outcomes: [...delivery.outcomes, ...open.map((id = '') => ({ ...failed, project_id: id }))],
      ...(delivery.decision.kind === 'received' && { decision: failed }),
    };
  });
}

/** Changes a delivery, and where it stands in the lists of further projects. */
async function change(
  { table }: Pick<Ports, 'table'>,
  deliveryId: string,
  step: (delivery: DeliveryRecord) => DeliveryRecord | undefined,
): Promise<void> {
  await deliveries.update(table, Keys.delivery(deliveryId), step, undefined, changedEntries);
}

/** Notes what came of it in a project, or at all. Of several projects, one that builds counts most. */
async function conclude(
  ports: Pick<Ports, 'table' | 'clock'>,
  deliveryId: string,
  projectId: string | undefined,
  decision: Pick<Decision, 'kind' | 'reason'>,
  started?: Delivery['builds'][number],
): Promise<void> {
  const decidedAt = ports.clock.now().toISOString();
  const decided = { ...decision, decided_at: decidedAt };
  await change(ports, deliveryId, (delivery) => {
    const builds =
      started === undefined || delivery.builds.some((one) => one.build_id === started.build_id)
        ? delivery.builds
        : [...delivery.builds, started];
    const { retry_at: retryAt, ...rest } = delivery;
    // A time that is still to come is another project's.
    const waits = retryAt !== undefined && retryAt > decidedAt;
    const keep = delivery.decision.kind === 'building' && decision.kind !== 'building';
    return {
      ...rest,
      ...(waits && { retry_at: retryAt }),
      builds,
      decision: keep ? delivery.decision : decided,
      outcomes: [
        ...delivery.outcomes.filter((outcome) => outcome.project_id !== projectId),
        ...(projectId === undefined ? [] : [{ ...decided, project_id: projectId }]),
      ],
    };
  });
}

/** Whether a failed step may be tried again. */
export function isTemporary(error: unknown): boolean {
  return error instanceof GitHostError && error.temporary;
}
