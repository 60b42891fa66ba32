import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Delivery } from './schema.ts';

/** 90 days: long enough to look back over a quarter, and no reason to pay for longer. */
const KEPT_SECONDS = 90 * 86_400;

export const deliveries = collection({
  kind: 'delivery',
  schema: Delivery,
  key: (delivery) => Keys.delivery(delivery.id),
  index: (delivery) => {
    const [build] = delivery.builds;
    return build && { gsi1pk: Partitions.deliveries(build.project_id), gsi1sk: delivery.id };
  },
  ttl: (delivery) => Math.floor(Date.parse(delivery.received_at) / 1000) + KEPT_SECONDS,
});
