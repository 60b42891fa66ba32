/** Notifications whose next attempt is due, and those whose sender has died. */

import { mayFollow } from '../lifecycle.ts';
import { type NotificationRecord, notifications } from '../notification/record.ts';
import { NOTIFICATION_LIFECYCLE, type NotificationStatus } from '../notification/schema.ts';
import { PENDING_MS } from '../notification/time.ts';
import type { Ports } from '../ports/index.ts';
import { Keys, Partitions } from '../storage/keys.ts';

/** A minute's worth: more are left to the next sweep, the oldest first. */
const PAGE = 100;

/** After all that an index's key may begin with. */
const AFTER_ID = '~';

/** @returns the ids of those that were made pending again: the change is the event that sends them */
export async function sweepNotifications(ports: Pick<Ports, 'table' | 'clock'>): Promise<string[]> {
  const now = ports.clock.now();
  const { items } = await ports.table.query({
    index: 'gsi2',
    partition: Partitions.dueNotifications,
    range: { from: '0', to: `${now.toISOString()}${AFTER_ID}` },
    limit: PAGE,
  });
  if (items.length === 0) return [];
  const found = await notifications.getMany(
    ports.table,
    items.map(({ pk, sk }) => ({ pk, sk })),
  );
  const isDue = ({ due_at: due }: NotificationRecord) =>
    due !== undefined && Date.parse(due) <= now.getTime();
  const sent = await Promise.all(
    found.map(async ({ id }) => {
      let status: NotificationStatus | undefined;
      await notifications.update(ports.table, Keys.notification(id), (notification) => {
        status = isDue(notification) ? followOf(notification) : undefined;
        return status === undefined ? undefined : { ...notification, ...changeTo(status, now) };
      });
      return status === 'pending' ? [id] : [];
    }),
  );
  return sent.flat();
}

/** What waits is sent. What was to be sent, and was not, waits first: only a new status is an event. */
function followOf({ status }: NotificationRecord): NotificationStatus | undefined {
  const next = status === 'waiting' ? 'pending' : 'waiting';
  return mayFollow(NOTIFICATION_LIFECYCLE, status, next) ? next : undefined;
}

function changeTo(status: NotificationStatus, now: Date): Partial<NotificationRecord> {
  if (status === 'pending')
    return {
      status,
      next_attempt_at: undefined,
      due_at: new Date(now.getTime() + PENDING_MS).toISOString(),
    };
  return {
    status,
    error: 'The attempt was interrupted.',
    next_attempt_at: now.toISOString(),
    due_at: now.toISOString(),
  };
}
