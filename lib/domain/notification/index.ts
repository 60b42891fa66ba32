/** Notifications of a subscription: list them, send one again, send one to try it out. */
import type { Actor } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import * as Subscription from '../subscription/index.ts';
import type { SubscriptionRecord } from '../subscription/record.ts';
import { newNotification } from './announce.ts';
import { notifications } from './record.ts';
import type { Notification } from './schema.ts';
import { PENDING_MS } from './time.ts';

/** Newest first. @throws StaitheError not_found | invalid_cursor */
export async function list(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  subscriptionId: string,
  paging: Paging,
): Promise<Listed<Notification>> {
  await Subscription.find(ports, actor, subscriptionId);
  return notifications.list(ports.table, Partitions.notifications(subscriptionId), paging);
}

/**
 * Sends it once more, with the same id, and as often as a new one: at once, also when it waits for its next attempt.
 * @throws StaitheError not_found | wrong_state (of a disabled subscription)
 */
export async function replay(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  subscriptionId: string,
  id: string,
): Promise<Notification> {
  requireActive(await Subscription.find(ports, actor, subscriptionId));
  const found = await notifications.get(ports.table, Keys.notification(id));
  if (found?.value.subscription_id !== subscriptionId) throw notFound('notification', id);
  const due = new Date(ports.clock.now().getTime() + PENDING_MS).toISOString();
  const stored = await notifications.update(
    ports.table,
    Keys.notification(id),
    ({ next_attempt_at: _, ...notification }) => {
      // It is about to be sent anyway.
      if (notification.status === 'pending' || notification.status === 'sending') return undefined;
      return { ...notification, status: 'pending', attempts: 0, due_at: due };
    },
    found,
  );
  if (stored === undefined) throw notFound('notification', id);
  return stored.value;
}

/**
 * Sends a notification that no event has caused.
 * @param event its name
 * @param seed a ULID that a repeat of the same request has too
 * @throws StaitheError not_found | wrong_state (of a disabled subscription)
 */
export async function test(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  subscriptionId: string,
  event: string,
  seed?: string,
): Promise<Notification> {
  const subscription = await Subscription.find(ports, actor, subscriptionId);
  requireActive(subscription);
  const now = ports.clock.now();
  const notification = newNotification(
    now,
    idFrom('notification', seed ?? ports.randomness.ulid(now.getTime())),
    subscription,
    {
      type: event,
      timestamp: now.toISOString(),
      data: {
        subscription_id: subscription.id,
        name: subscription.name,
        ...(subscription.project_id !== undefined && { project_id: subscription.project_id }),
      },
    },
  );
  try {
    return (await notifications.create(ports.table, notification)).value;
  } catch (error) {
    if (!(error instanceof ConditionFailed) || error.existing === undefined) throw error;
    return notifications.read(error.existing).value; // the repeat of a request
  }
}

function requireActive({ id, status, disabled }: SubscriptionRecord): void {
  if (status === 'active') return;
  throw new StaitheError('wrong_state', `Subscription ${id} is disabled. ${disabled?.reason ?? ''}`.trim(), {
    remedy: `Enable it first: staithe subscription enable ${id}.`,
  });
}
