import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Timestamp } from '../values.ts';
import { Subscription } from './schema.ts';

/** A day longer than its last notification: the deletion of the project finds these by it. */
const DELETED_KEPT_SECONDS = 31 * 24 * 3600;

/** A subscription as it is kept. Its secret, or the URL that is one, is elsewhere (`ports/subscription-secrets.ts`). */
const SubscriptionRecord = Subscription.extend({
  status: z.enum(['active', 'disabled', 'deleted']),
  /** For messages to people; a slug never changes. */
  project_slug: z.string().optional(),
  /** Versions of what is kept elsewhere: the present one, and the one before while both are valid. */
  secret_version: z.int().positive().optional(),
  previous_secret_version: z.int().positive().optional(),
  /** The seed of the request that rotated the secret last. */
  rotation: z.string().optional(),
  deleted_at: Timestamp.optional(),
});
export type SubscriptionRecord = z.infer<typeof SubscriptionRecord>;

export const subscriptions = collection({
  kind: 'subscription',
  schema: SubscriptionRecord,
  key: ({ id }) => Keys.subscription(id),
  index: ({ id, project_id: project, status }) => ({
    gsi1pk:
      status === 'deleted' ? Partitions.deletedSubscriptions(project) : Partitions.subscriptions(project),
    gsi1sk: id,
  }),
  second: ({ id, status }) =>
    status === 'deleted' ? undefined : { gsi2pk: Partitions.allSubscriptions, gsi2sk: id },
  ttl: ({ deleted_at: at }) =>
    at === undefined ? undefined : Math.ceil(Date.parse(at) / 1000) + DELETED_KEPT_SECONDS,
});
