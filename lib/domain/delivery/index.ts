/** Deliveries: receive a webhook, find it again. What it leads to is decided by the trigger workflow, in `trigger.ts`. */
import { createHash } from 'node:crypto';
import { type Actor, sees } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import * as Projects from '../project/index.ts';
import type { Project } from '../project/schema.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { cut } from '../text.ts';
import { pushedCommit, signatureHolds } from './github.ts';
import { type DeliveryRecord, deliveries } from './record.ts';
import type { Delivery } from './schema.ts';

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
        ? 'The request has no X-Hub-Signature-256.'
        : 'X-Hub-Signature-256 is not of these bytes and this secret.',
    );
  const now = ports.clock.now();
  const read = pushedCommit(webhook.event, webhook.body);
  const ignored = 'ignored' in read;
  const lists =
    ignored && read.repository !== undefined ? await Projects.ofRepository(ports, read.repository) : [];
  const delivery: DeliveryRecord = {
    id: idFrom('delivery', ports.randomness.ulid(now.getTime())),
    provider: 'github',
    guid: cut(webhook.guid, 100),
    event: cut(webhook.event, 100),
    payload: {
      sha256: createHash('sha256').update(webhook.body).digest('hex'),
      size_bytes: webhook.body.length,
    },
    ...(ignored ? { repository: read.repository, ref: read.ref, git_sha: read.git_sha } : read.commit),
    received_at: now.toISOString(),
    decision: ignored
      ? { kind: 'ignored', reason: read.ignored, decided_at: now.toISOString() }
      : { kind: 'received', reason: 'Waiting for the trigger workflow.' },
    builds: [],
    ...(lists[0] !== undefined && { listed_under: lists[0].id }),
  };
  await deliveries.create(ports.table, delivery);
  return delivery;
}

/** A token of one project sees the deliveries of its list, and of others what they built in it. @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Delivery> {
  const found = await deliveries.get(ports.table, Keys.delivery(id));
  if (found === undefined) throw notFound('delivery', id);
  const bound = actor.kind === 'token' ? actor.project_id : undefined;
  if (bound === undefined) return found.value;
  const builds = found.value.builds.filter((build) => sees(actor, build.project_id));
  if (builds.length === 0 && found.value.listed_under !== bound) throw notFound('delivery', id);
  return { ...found.value, builds };
}

export async function list(
  ports: Pick<Ports, 'table'>,
  project: Project,
  paging: Paging,
): Promise<Listed<Delivery>> {
  const page = await deliveries.list(ports.table, Partitions.deliveries(project.id), paging);
  return {
    ...page,
    items: page.items.map((delivery) => ({
      ...delivery,
      builds: delivery.builds.filter((build) => build.project_id === project.id),
    })),
  };
}
