/** Makes notifications of events: for each subscription that asks for one, once. */
import { Id, idAt } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item } from '../ports/table.ts';
import { Partitions } from '../storage/keys.ts';
import { pagesOf } from '../storage/list.ts';
import { isAskedFor } from '../subscription/events.ts';
import { type SubscriptionRecord, subscriptions } from '../subscription/record.ts';
import { type EventEnvelope, type NotificationRecord, notifications } from './record.ts';
import { PENDING_MS } from './time.ts';

export interface AnnouncedEvent {
  readonly name: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** When it happened. */
  readonly time: Date;
}

const PAGE = 100;

/**
 * Costs one query of an index for each project that the events are of, and one for the installation: half a read unit each
 * where there is no subscription.
 * @returns how many notifications there are; those of an event that was announced before are none
 */
export async function announce(
  ports: Pick<Ports, 'table' | 'clock'>,
  events: readonly AnnouncedEvent[],
): Promise<number> {
  if (events.length === 0) return 0;
  const projects = [...new Set([undefined, ...events.map(projectOf)])];
  const found = await Promise.all(projects.map((id) => subscriptionsOf(ports, id)));
  const wanted = found
    .flat()
    .flatMap((subscription) =>
      events
        .filter((event) => isFor(subscription, event))
        .map((event) => notificationOf(ports, subscription, event)),
    );
  const made = await Promise.all(wanted.map((notification) => createOnce(ports, notification)));
  return made.filter(Boolean).length;
}

async function subscriptionsOf(
  { table }: Pick<Ports, 'table'>,
  projectId: string | undefined,
): Promise<SubscriptionRecord[]> {
  const found: SubscriptionRecord[] = [];
  for await (const items of pagesOf(table, Partitions.subscriptions(projectId), { limit: PAGE }))
    found.push(...items.flatMap(readable));
  return found;
}

/** One that a later version has written, before it was taken back, is not to hold up the events of everybody. */
function readable(item: Item): SubscriptionRecord[] {
  try {
    return [subscriptions.read(item).value];
  } catch {
    return [];
  }
}

const isFor = ({ status, project_id: of, events }: SubscriptionRecord, event: AnnouncedEvent): boolean =>
  status === 'active' && (of === undefined || of === projectOf(event)) && isAskedFor(events, event.name);

/** The project that an event is of: events of the project itself name it as their own id. */
function projectOf({ detail: { project_id: named, id } }: AnnouncedEvent): string | undefined {
  return Id.project.safeParse(named).data ?? Id.project.safeParse(id).data;
}

/** The same for the same event, however often it is announced: events are told apart by these (docs/events.md). */
function notificationOf(
  { clock }: Pick<Ports, 'clock'>,
  subscription: SubscriptionRecord,
  { name, detail, time }: AnnouncedEvent,
): NotificationRecord {
  const id = idAt(
    'notification',
    time.getTime(),
    subscription.id,
    name,
    String(detail.id),
    String(detail.revision),
  );
  return newNotification(clock.now(), id, subscription, {
    type: name,
    timestamp: time.toISOString(),
    data: { ...detail },
  });
}

/** One that is about to be sent. */
export function newNotification(
  now: Date,
  id: string,
  { id: subscriptionId, project_id }: Pick<SubscriptionRecord, 'id' | 'project_id'>,
  envelope: EventEnvelope,
): NotificationRecord {
  return {
    id,
    subscription_id: subscriptionId,
    project_id,
    event: envelope.type,
    status: 'pending',
    attempts: 0,
    created_at: now.toISOString(),
    body: JSON.stringify(envelope),
    due_at: new Date(now.getTime() + PENDING_MS).toISOString(),
  };
}

async function createOnce(
  { table }: Pick<Ports, 'table'>,
  notification: NotificationRecord,
): Promise<boolean> {
  try {
    await notifications.create(table, notification);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}
