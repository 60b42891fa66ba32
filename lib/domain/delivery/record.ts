import type * as z from 'zod';
import { Id } from '../id.ts';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Delivery } from './schema.ts';

/** 90 days: long enough to look back over a quarter, and no reason to pay for longer. */
export const KEPT_SECONDS = 90 * 86_400;

/** `listed_under`: the first project of the repository, in whose list the delivery stands although it built nothing. */
const DeliveryRecord = Delivery.extend({ listed_under: Id.project.optional() });
export type DeliveryRecord = z.infer<typeof DeliveryRecord>;

export const deliveries = collection({
  kind: 'delivery',
  schema: DeliveryRecord,
  key: (delivery) => Keys.delivery(delivery.id),
  index: (delivery) => {
    const projectId = delivery.builds[0]?.project_id ?? delivery.listed_under;
    return projectId === undefined
      ? undefined
      : { gsi1pk: Partitions.deliveries(projectId), gsi1sk: delivery.id };
  },
  ttl: (delivery) => Math.floor(Date.parse(delivery.received_at) / 1000) + KEPT_SECONDS,
});
