/** Subscriptions and their notifications in a world in memory. */
import { SUBSCRIBABLE } from '../../lib/contract/events/subscribable.ts';
import { type AnnouncedEvent, announce } from '../../lib/domain/notification/announce.ts';
import { attempt } from '../../lib/domain/notification/attempt.ts';
import * as Notification from '../../lib/domain/notification/index.ts';
import * as Subscription from '../../lib/domain/subscription/index.ts';
import { CreateSubscription } from '../../lib/domain/subscription/schema.ts';
import { ADMIN, ULID, type World } from './world.ts';

export const HOOK = 'https://example.com/hook';

export const subscribe = ({ ports }: Pick<World, 'ports'>, input: Record<string, unknown> = {}) =>
  Subscription.create(
    ports,
    ADMIN,
    CreateSubscription.parse({
      project: 'hello',
      name: 'ours',
      events: ['Run Failed'],
      target: { kind: 'webhook', url: HOOK },
      ...input,
    }),
    SUBSCRIBABLE,
  );

/** An event of the world's project. */
export const eventIn = ({ ports, project }: World, name: string, detail = {}): AnnouncedEvent => ({
  name,
  detail: { id: `run_${ULID}`, project_id: project.id, status: 'failed', revision: 3, ...detail },
  time: ports.clock.now(),
});

export const notificationsOf = async ({ ports }: Pick<World, 'ports'>, subscription: string) =>
  (await Notification.list(ports, ADMIN, subscription, { limit: 100 })).items;

/** What the relay does with an event, and the sender with each notification of these subscriptions. */
export async function happen(
  place: Pick<World, 'ports'>,
  events: readonly AnnouncedEvent[],
  subscriptions: readonly { id: string }[],
): Promise<void> {
  await announce(place.ports, events);
  await sendPending(place, subscriptions);
}

export async function sendPending(
  place: Pick<World, 'ports'>,
  subscriptions: readonly { id: string }[],
): Promise<void> {
  for (const { id } of subscriptions)
    for (const { id: notification, status } of await notificationsOf(place, id))
      if (status === 'pending') await attempt(place.ports, notification);
}
