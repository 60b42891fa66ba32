/** Subscriptions of a deleted project, also those that were deleted before, with what was sent for them. */
import { notifications } from '../notification/record.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { removeAll } from '../storage/remove.ts';
import { subscriptions } from '../subscription/record.ts';
import type { DeletionPorts } from './ports.ts';

const INDEX = { limit: 25 } as const;

export async function removeSubscriptions(
  { table, subscriptionSecrets }: DeletionPorts,
  projectId: string,
): Promise<void> {
  for (const partition of [Partitions.subscriptions(projectId), Partitions.deletedSubscriptions(projectId)])
    for await (const page of subscriptions.pages(table, partition, INDEX))
      for (const { id } of page) {
        for await (const some of notifications.pages(table, Partitions.notifications(id), INDEX))
          await removeAll(
            table,
            some.map((notification) => Keys.notification(notification.id)),
          );
        await subscriptionSecrets.remove(id);
        // Last, as it leads to the others.
        await removeAll(table, [Keys.subscription(id)]);
      }
}
