import * as z from 'zod';
import { Id } from '../id.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { Timestamp } from '../values.ts';

export const NotificationStatus = z.enum(['pending', 'sending', 'waiting', 'delivered', 'failed']);
export type NotificationStatus = z.infer<typeof NotificationStatus>;

/** From each end a replay leads back to the beginning. */
export const NOTIFICATION_LIFECYCLE: Lifecycle<NotificationStatus> = {
  pending: ['sending', 'waiting'],
  sending: ['delivered', 'waiting', 'failed'],
  waiting: ['pending'],
  delivered: ['pending'],
  failed: ['pending'],
};

/** One event for one subscription, and what came of it. */
export const Notification = z.object({
  /** Also the `webhook-id` of every attempt. */
  id: Id.notification,
  subscription_id: Id.subscription,
  project_id: Id.project.optional(),
  /** Name of the event. */
  event: z.string(),
  status: NotificationStatus,
  /** Since it was created or replayed. */
  attempts: z.int().min(0),
  /** Status of the last answer. */
  response_status: z.int().optional(),
  /** Why the last attempt failed. */
  error: z.string().optional(),
  last_attempt_at: Timestamp.optional(),
  /** When the next attempt is due, of one that is `waiting`. */
  next_attempt_at: Timestamp.optional(),
  delivered_at: Timestamp.optional(),
  created_at: Timestamp,
});
export type Notification = z.infer<typeof Notification>;
