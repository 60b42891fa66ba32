/**
 * How deliveries lie in the table. One stands in the list of each project of its repository: itself in that of the first,
 * an entry in those of the others, and among those of no project when there is none.
 */
import * as z from 'zod';
import { Id } from '../id.ts';
import type { Write } from '../ports/table.ts';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Timestamp } from '../values.ts';
import { decisionIn } from './decision.ts';
import { DecisionKind, Delivery } from './schema.ts';

/** 90 days: long enough to look back over a quarter, and no reason to pay for longer. */
export const KEPT_SECONDS = 90 * 86_400;
const endOf = ({ received_at: at }: { readonly received_at: string }): number =>
  Math.floor(Date.parse(at) / 1000) + KEPT_SECONDS;

/** `listed_under`: the first project of the repository; `also_in`: the others. Older deliveries may have neither. */
const DeliveryRecord = Delivery.extend({
  listed_under: Id.project.optional(),
  also_in: z.array(Id.project).default([]),
});
export type DeliveryRecord = z.infer<typeof DeliveryRecord>;

const homeOf = (delivery: DeliveryRecord): string | undefined =>
  delivery.listed_under ?? delivery.builds[0]?.project_id;

export const deliveries = collection({
  kind: 'delivery',
  schema: DeliveryRecord,
  key: (delivery) => Keys.delivery(delivery.id),
  index: (delivery) => ({ gsi1pk: Partitions.deliveries(homeOf(delivery)), gsi1sk: delivery.id }),
  second: (delivery) => {
    const home = homeOf(delivery);
    const { kind } = home === undefined ? delivery.decision : decisionIn(delivery, home);
    return { gsi2pk: Partitions.decidedDeliveries(home, kind), gsi2sk: delivery.id };
  },
  ttl: endOf,
});

const DeliveryEntry = z.object({
  delivery_id: Id.delivery,
  project_id: Id.project,
  /** What came of it in the project. */
  kind: DecisionKind,
  received_at: Timestamp,
});

export const deliveryEntries = collection({
  kind: 'delivery_entry',
  schema: DeliveryEntry,
  key: (entry) => Keys.deliveryEntry(entry.delivery_id, entry.project_id),
  index: (entry) => ({ gsi1pk: Partitions.deliveries(entry.project_id), gsi1sk: entry.delivery_id }),
  second: (entry) => ({
    gsi2pk: Partitions.decidedDeliveries(entry.project_id, entry.kind),
    gsi2sk: entry.delivery_id,
  }),
  ttl: endOf,
});

/** The entries of a new delivery: in the lists of all its projects but the first. */
export const entriesOf = (delivery: DeliveryRecord): Write[] => writesOf(delivery, delivery.also_in);

/**
 * The entries that a change of a delivery changes, to be written with it in one transaction: what came of it in another
 * project at the same moment is not overwritten, and a delivery of 25 projects does not write 24 entries for each.
 */
export const changedEntries = (before: DeliveryRecord, next: DeliveryRecord): Write[] => [
  ...writesOf(
    next,
    next.also_in.filter(
      (id) => !before.also_in.includes(id) || decisionIn(before, id).kind !== decisionIn(next, id).kind,
    ),
  ),
  ...before.also_in
    .filter((id) => !next.also_in.includes(id))
    .map((id) => ({ remove: Keys.deliveryEntry(next.id, id), when: { any: true } }) as const),
];

const writesOf = (delivery: DeliveryRecord, projectIds: readonly string[]): Write[] =>
  projectIds.map((projectId) => ({
    ...deliveryEntries.creation({
      delivery_id: delivery.id,
      project_id: projectId,
      kind: decisionIn(delivery, projectId).kind,
      received_at: delivery.received_at,
    }),
    when: { any: true },
  }));
