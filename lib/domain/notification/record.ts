import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Timestamp } from '../values.ts';
import { Notification } from './schema.ts';

/** 30 days: longer than anybody looks for a message that did not come, and than receivers keep ids to detect repeats. */
export const KEPT_SECONDS = 30 * 24 * 3600;

/** A notification with what is sent, and when something is to be done about it. */
const NotificationRecord = Notification.extend({
  /** The event as JSON: `{type, timestamp, data}`, the same bytes at each attempt. */
  body: z.string(),
  /** When it is due, or its sender overdue; absent once it has ended. */
  due_at: Timestamp.optional(),
});
export type NotificationRecord = z.infer<typeof NotificationRecord>;

export const notifications = collection({
  kind: 'notification',
  schema: NotificationRecord,
  key: ({ id }) => Keys.notification(id),
  // Not by the id alone: the time in it is the event's, which is known to the second.
  index: ({ id, subscription_id: of, created_at: at }) => ({
    gsi1pk: Partitions.notifications(of),
    gsi1sk: `${at}#${id}`,
  }),
  second: ({ id, due_at: due }) =>
    due === undefined ? undefined : { gsi2pk: Partitions.dueNotifications, gsi2sk: `${due}#${id}` },
  ttl: ({ created_at: at }) => Math.ceil(Date.parse(at) / 1000) + KEPT_SECONDS,
});

/** What receivers read (https://www.standardwebhooks.com/, "Payload structure"). */
export const EventEnvelope = z.object({
  type: z.string(),
  timestamp: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;
