/** Deliveries: receive a webhook, find it again. What it leads to is decided by the trigger workflow, in `trigger.ts`. */
import { createHash } from 'node:crypto';
import type { Actor } from '../access/actor.ts';
import { projectIdsOf } from '../access/authorize.ts';
import { notFound, StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import type { Item } from '../ports/table.ts';
import * as Project from '../project/index.ts';
import type { Project as ProjectValue } from '../project/schema.ts';
import { listByTime, type Span, timePartition } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { cut } from '../text.ts';
import { decisionIn, projectView } from './decision.ts';
import { pushedCommit, signatureHolds } from './github.ts';
import { type DeliveryRecord, deliveries, deliveryEntries, entriesOf } from './record.ts';
import type { DecisionKind, Delivery } from './schema.ts';

/**
 * Verifies, parses and keeps a webhook, whatever its payload is, once the signature is right: of the payload the digest and
 * what is built by, as GitHub's own may have megabytes and an item of the table 400 KB. The kept item is what starts everything else: the table's stream tells the bus.
 * @throws StaitheError invalid_signature
 */
export async function receive(
  ports: Pick<Ports, 'table' | 'secrets' | 'clock' | 'randomness'>,
  webhook: { event: string; guid: string; signature: string | undefined; body: Uint8Array },
): Promise<Delivery> {
  if (!signatureHolds(await ports.secrets.webhook(), webhook.body, webhook.signature))
    throw new StaitheError(
      'invalid_signature',
      webhook.signature === undefined
        ? 'The X-Hub-Signature-256 header is missing.'
        : 'The X-Hub-Signature-256 header does not match the body and the secret.',
    );
  const now = ports.clock.now();
  const read = pushedCommit(webhook.event, webhook.body);
  const ignored = 'ignored' in read;
  const of = ignored ? read : read.commit;
  const delivery: Delivery = {
    id: idFrom('delivery', ports.randomness.ulid(now.getTime())),
    provider: 'github',
    guid: cut(webhook.guid, 100),
    event: cut(webhook.event, 100),
    payload: {
      sha256: createHash('sha256').update(webhook.body).digest('hex'),
      size_bytes: webhook.body.length,
    },
    repository: of.repository,
    ref: of.ref,
    git_sha: of.git_sha,
    ...pushTime(of, now),
    received_at: now.toISOString(),
    decision: ignored
      ? { kind: 'ignored', reason: read.ignored, decided_at: now.toISOString() }
      : { kind: 'received', reason: 'Waiting for the trigger workflow.' },
    outcomes: [],
    builds: [],
  };
  // What waits for the trigger workflow gets its projects there.
  const projects =
    ignored && read.repository !== undefined ? await Project.ofRepository(ports, read.repository) : [];
  const [first, ...others] = projects.map(({ id }) => id);
  const kept = { ...delivery, listed_under: first, also_in: others };
  if (others.length === 0) await deliveries.create(ports.table, kept);
  else await ports.table.transact([deliveries.creation(kept), ...entriesOf(kept)]);
  return delivery;
}

/** Not in the future, which would make it newer than what comes after it. */
const pushTime = ({ pushed_at: seconds }: { readonly pushed_at?: number | undefined }, now: Date) =>
  seconds === undefined ? {} : { pushed_at: new Date(Math.min(seconds * 1000, now.getTime())).toISOString() };

/** Who sees single projects sees the deliveries of their lists, and of others what they built in them. @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Delivery> {
  const found = await deliveries.get(ports.table, Keys.delivery(id));
  if (found === undefined) throw notFound('delivery', id);
  const shown = viewOf(found.value, projectIdsOf(actor));
  if (shown === undefined) throw notFound('delivery', id);
  return shown;
}

/** @returns undefined when it is of none of these projects */
function viewOf(delivery: DeliveryRecord, projectIds: 'all' | readonly string[]): DeliveryRecord | undefined {
  if (projectIds === 'all') return delivery;
  const projects = projectsOf(delivery);
  const [first, ...others] = projectIds.filter((id) => projects.has(id));
  return first === undefined ? undefined : projectView(delivery, [first, ...others]);
}

const projectsOf = ({
  listed_under: first,
  also_in: others,
  builds,
}: DeliveryRecord): Set<string | undefined> =>
  new Set([first, ...others, ...builds.map(({ project_id }) => project_id)]);

export interface DeliveryFilter extends Span {
  readonly decision?: DecisionKind | undefined;
}

/**
 * Newest first. Of one project, or of those that the actor sees: what came of each in them. Of all: each once, as it is, and
 * also those of no project.
 * @throws StaitheError invalid_cursor
 */
export async function list(
  { table }: Pick<Ports, 'table'>,
  actor: Actor,
  projects: readonly Pick<ProjectValue, 'id'>[],
  { decision, since, until, project, ...paging }: DeliveryFilter & Paging & { project?: string | undefined },
): Promise<Listed<Delivery>> {
  const seenIds = projects.map(({ id }) => id);
  const isAll = project === undefined && projectIdsOf(actor) === 'all';
  const ids = isAll ? [...seenIds, undefined] : seenIds;
  const seen = new Set<string>();
  return listByTime(
    table,
    {
      name: `deliveries ${JSON.stringify([isAll ? 'all' : seenIds, decision, since, until])}`,
      partitions: ids.map((id) =>
        decision === undefined
          ? timePartition('delivery', Partitions.deliveries(id))
          : timePartition('delivery', Partitions.decidedDeliveries(id, decision), 'gsi2'),
      ),
      span: { since, until },
      view: async (items) => {
        const found = await deliveriesOf(table, items);
        return found.map((delivery) => {
          if (delivery === undefined || seen.has(delivery.id)) return undefined;
          seen.add(delivery.id);
          const shown = viewOf(delivery, isAll ? 'all' : seenIds);
          return decision === undefined || hasDecision(delivery, ids, decision) ? shown : undefined;
        });
      },
    },
    paging,
  );
}

/** Whether it has come to this in one of the listed projects that it is of; one of no project, at all. */
function hasDecision(
  delivery: DeliveryRecord,
  listed: readonly (string | undefined)[],
  kind: DecisionKind,
): boolean {
  const projectIds = projectsOf(delivery);
  projectIds.delete(undefined);
  if (projectIds.size === 0) return delivery.decision.kind === kind;
  return listed.some(
    (id) => id !== undefined && projectIds.has(id) && decisionIn(delivery, id).kind === kind,
  );
}

/** The deliveries that items of a list are, or name. */
async function deliveriesOf(
  table: Ports['table'],
  items: readonly Item[],
): Promise<(DeliveryRecord | undefined)[]> {
  const entries = items.filter(({ entity }) => entity === deliveryEntries.kind);
  const named = await deliveries.getMany(
    table,
    entries.map((item) => Keys.delivery(deliveryEntries.read(item).value.delivery_id)),
  );
  const byId = new Map(named.map((delivery) => [delivery.id, delivery]));
  return items.map((item) =>
    item.entity === deliveries.kind ? deliveries.read(item).value : byId.get(String(item.delivery_id)),
  );
}
