/** The claim of a commit: one delivery builds it, once per project and ref. */
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { deliveries } from './record.ts';
import { OVERDUE_MS } from './time.ts';

export interface Commit {
  readonly projectId: string;
  readonly sha: string;
  readonly ref: string;
}

interface Claim {
  readonly deliveryId: string;
  /** Of the build's id, so that a repeat finds its own build. */
  readonly seed: string;
  /** When its delivery goes on, as the git host has asked it to wait. */
  readonly retryAt?: string | undefined;
}

const keyOf = ({ projectId, sha, ref }: Commit) => Keys.commit(projectId, sha, ref);

/** A claim holds for ever when it led to a build, else as long as its delivery's workflow may be at work. */
async function isValid(
  ports: Pick<Ports, 'table' | 'clock'>,
  claim: Claim,
  projectId: string,
): Promise<boolean> {
  const holder = (await deliveries.get(ports.table, Keys.delivery(claim.deliveryId)))?.value;
  if (holder === undefined || holder.builds.some((build) => build.project_id === projectId)) return true;
  const since = claim.retryAt ?? holder.received_at;
  return ports.clock.now().getTime() - Date.parse(since) <= OVERDUE_MS;
}

/** @returns the claim that holds: this delivery's, or that of another */
export async function claimCommit(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  commit: Commit,
  deliveryId: string,
): Promise<Claim> {
  const seed = ports.randomness.ulid(ports.clock.now().getTime());
  const item: Item = {
    ...keyOf(commit),
    entity: 'commit_claim',
    revision: 1,
    delivery_id: deliveryId,
    seed,
  };
  try {
    await ports.table.write({ put: item, when: { absent: true } });
    return { deliveryId, seed };
  } catch (error) {
    if (!(error instanceof ConditionFailed) || error.existing === undefined) throw error;
    const { delivery_id, seed: heldSeed, retry_at, revision } = error.existing;
    const held: Claim = {
      deliveryId: String(delivery_id),
      seed: String(heldSeed),
      retryAt: retry_at === undefined ? undefined : String(retry_at),
    };
    if (held.deliveryId === deliveryId || (await isValid(ports, held, commit.projectId))) return held;
    // Its workflow died between the claim and the build; who is second here is tried again by the workflow.
    await ports.table.write({ put: { ...item, revision: revision + 1 }, when: { revision } });
    return { deliveryId, seed };
  }
}

/** The claim of the commit, where it is this delivery's. */
async function ownClaim(
  ports: Pick<Ports, 'table'>,
  commit: Commit,
  deliveryId: string,
): Promise<Item | undefined> {
  const claim = await ports.table.get(keyOf(commit));
  return claim?.delivery_id === deliveryId ? claim : undefined;
}

/** The delivery waits in this project, and holds its claim meanwhile. Other projects may wait for longer, or build. */
export async function extendClaim(
  ports: Pick<Ports, 'table'>,
  commit: Commit,
  deliveryId: string,
  retryAt: string,
): Promise<void> {
  const claim = await ownClaim(ports, commit, deliveryId);
  if (claim === undefined) return;
  const { revision } = claim;
  await ports.table.write({
    put: { ...claim, revision: revision + 1, retry_at: retryAt },
    when: { revision },
  });
}

/** The commit is free for another delivery. */
export async function releaseClaim(
  ports: Pick<Ports, 'table'>,
  commit: Commit,
  deliveryId: string,
): Promise<void> {
  const claim = await ownClaim(ports, commit, deliveryId);
  if (claim !== undefined)
    await ports.table.write({ remove: keyOf(commit), when: { revision: claim.revision } });
}
