/** A notification is due: it is sent. The only function that calls addresses that users have named, and that sends e-mail. */
import { sesMailer } from '../../lib/aws/mailer.ts';
import { notificationSettings } from '../../lib/aws/notification-settings.ts';
import { httpNotifier } from '../../lib/aws/notifier.ts';
import { parameterSecrets } from '../../lib/aws/subscription-secrets.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { readDetail } from '../../lib/contract/events/event.ts';
import { notificationEvents } from '../../lib/contract/events/notification.ts';
import { attempt } from '../../lib/domain/notification/attempt.ts';

const ports = {
  table: dynamoTable(),
  subscriptionSecrets: parameterSecrets(),
  notificationSettings: notificationSettings(),
  notifier: httpNotifier(),
  mailer: sesMailer(),
  clock,
};

const { pending } = notificationEvents.events;

export async function handler(event: unknown): Promise<void> {
  const { id } = readDetail(pending, event);
  await attempt(ports, id);
}
