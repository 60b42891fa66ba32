/** One attempt at sending a notification, and what follows from its outcome. */
import type { Ports } from '../ports/index.ts';
import type { PostAnswer } from '../ports/notifier.ts';
import { Keys } from '../storage/keys.ts';
import { type SubscriptionRecord, subscriptions } from '../subscription/record.ts';
import { emailOf } from './message/email.ts';
import { slackBody } from './message/slack.ts';
import { EventEnvelope, type NotificationRecord, notifications } from './record.ts';
import { MAX_ATTEMPTS, nextAttempt, RETRIED_MS, SENDING_MS } from './time.ts';

type AttemptPorts = Pick<
  Ports,
  'table' | 'subscriptionSecrets' | 'notifier' | 'mailer' | 'notificationSettings' | 'clock'
>;

type Outcome =
  | { readonly kind: 'delivered'; readonly status?: number }
  | { readonly kind: 'gone'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly error: string;
      readonly status?: number;
      readonly retryAfterSeconds?: number | undefined;
    };

/** RFC 9110, section 15.5.11: the receiver wants no more of them, for good. */
const GONE = 410;

/** Who disables a subscription whose target fails. */
const BY_STAITHE = 'staithe';

/** Sends a notification that is pending, unless another call does: an event may come twice. */
export async function attempt(ports: AttemptPorts, id: string): Promise<void> {
  const claimed = await claim(ports, id);
  if (claimed === undefined) return;
  const found = await subscriptions.get(ports.table, Keys.subscription(claimed.subscription_id));
  // Deleted with its project: nothing of that is to be left, and nobody could list it.
  if (found === undefined) return ports.table.write({ remove: Keys.notification(id), when: { any: true } });
  const { value: subscription } = found;
  if (subscription.status !== 'active')
    return fail(ports, claimed, { error: `The subscription was ${subscription.status}.` });
  await conclude(ports, claimed, subscription, await send(ports, claimed, subscription));
}

/** Counted before it is sent, so that one whose sender dies counts too. */
async function claim({ table, clock }: AttemptPorts, id: string): Promise<NotificationRecord | undefined> {
  const now = clock.now();
  let isMine = false;
  const stored = await notifications.update(table, Keys.notification(id), (notification) => {
    isMine = notification.status === 'pending';
    if (!isMine) return undefined;
    return {
      ...notification,
      status: 'sending',
      attempts: notification.attempts + 1,
      last_attempt_at: now.toISOString(),
      due_at: new Date(now.getTime() + SENDING_MS).toISOString(),
    };
  });
  return isMine ? stored?.value : undefined;
}

async function send(
  ports: AttemptPorts,
  notification: NotificationRecord,
  subscription: SubscriptionRecord,
): Promise<Outcome> {
  const { target, project_slug: slug } = subscription;
  const { loopback, mailSender: from } = ports.notificationSettings;
  const event = EventEnvelope.parse(JSON.parse(notification.body));
  if (target.kind === 'email') {
    if (from === undefined)
      return { kind: 'failed', error: 'This installation has no sender address for e-mail.' };
    const refused = await ports.mailer.send({ from, to: target.addresses, ...emailOf(event, slug) });
    return refused === undefined ? { kind: 'delivered' } : { kind: 'failed', error: refused.failure };
  }
  const secrets = await secretsOf(ports, subscription);
  const [newest] = secrets;
  if (newest === undefined) return { kind: 'failed', error: 'The secret of the subscription is missing.' };
  if (target.kind === 'slack')
    return outcomeOf(await ports.notifier.post({ url: newest, body: slackBody(event, slug), loopback }));
  const signature = { id: notification.id, at: ports.clock.now(), secrets };
  return outcomeOf(
    await ports.notifier.post({ url: target.url, body: notification.body, signature, loopback }),
  );
}

/** The present one, and for a day after a rotation the one before. */
async function secretsOf(
  { subscriptionSecrets, clock }: AttemptPorts,
  { id, secret_version, previous_secret_version, previous_secret_until: until }: SubscriptionRecord,
): Promise<string[]> {
  const isPreviousValid = until !== undefined && Date.parse(until) > clock.now().getTime();
  const versions = [secret_version, isPreviousValid ? previous_secret_version : undefined];
  const values = await Promise.all(
    versions.map((version) => (version === undefined ? undefined : subscriptionSecrets.read(id, version))),
  );
  return values.filter((value) => value !== undefined);
}

function outcomeOf(answer: PostAnswer): Outcome {
  if ('failure' in answer) return { kind: 'failed', error: answer.failure };
  const { status, retryAfterSeconds } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (status === GONE) return { kind: 'gone', status };
  const redirect = status >= 300 && status < 400 ? ' Redirects are not followed.' : '';
  return {
    kind: 'failed',
    error: `The target answered with ${status}.${redirect}`,
    status,
    retryAfterSeconds,
  };
}

async function conclude(
  ports: AttemptPorts,
  notification: NotificationRecord,
  subscription: SubscriptionRecord,
  outcome: Outcome,
): Promise<void> {
  const now = ports.clock.now();
  if (outcome.kind === 'delivered') {
    await end(ports, notification, {
      status: 'delivered',
      response_status: outcome.status,
      error: undefined,
      delivered_at: now.toISOString(),
    });
    await noteDelivery(ports, subscription, now);
    return;
  }
  if (outcome.kind === 'gone') {
    const error = 'The target answered with 410 Gone.';
    await disable(ports, subscription.id, error, () => true);
    return fail(ports, notification, { error, status: outcome.status });
  }
  const next = nextAttempt(now, notification.attempts, outcome.retryAfterSeconds);
  if (next !== undefined)
    return end(ports, notification, {
      status: 'waiting',
      response_status: outcome.status,
      error: outcome.error,
      next_attempt_at: next.toISOString(),
      due_at: next.toISOString(),
    });
  // First: were this the end of the function, the notification would be sent once more and end then.
  await disable(
    ports,
    subscription.id,
    `${MAX_ATTEMPTS} attempts at ${notification.id} failed, and nothing was delivered in 24 hours. ${outcome.error}`,
    ({ last_delivered_at: delivered }) =>
      delivered === undefined || now.getTime() - Date.parse(delivered) >= RETRIED_MS,
  );
  await fail(ports, notification, outcome);
}

const fail = (
  ports: AttemptPorts,
  notification: NotificationRecord,
  { error, status }: { readonly error: string; readonly status?: number },
): Promise<void> => end(ports, notification, { status: 'failed', error, response_status: status });

/** Writes how an attempt ended, unless it was taken for dead meanwhile and another is at work. */
async function end(
  { table }: AttemptPorts,
  { id, attempts }: NotificationRecord,
  change: Partial<NotificationRecord>,
): Promise<void> {
  await notifications.update(
    table,
    Keys.notification(id),
    ({ due_at: _, next_attempt_at: __, ...notification }) =>
      notification.status === 'sending' && notification.attempts === attempts
        ? { ...notification, ...change }
        : undefined,
  );
}

/** A minute: of many notifications at once one writes it. */
const NOTED_MS = 60_000;

async function noteDelivery(
  { table }: AttemptPorts,
  { id, last_delivered_at: known }: SubscriptionRecord,
  now: Date,
): Promise<void> {
  const isRecent = (at: string | undefined) => at !== undefined && now.getTime() - Date.parse(at) < NOTED_MS;
  if (isRecent(known)) return;
  await subscriptions.update(table, Keys.subscription(id), (subscription) =>
    isRecent(subscription.last_delivered_at)
      ? undefined
      : { ...subscription, last_delivered_at: now.toISOString() },
  );
}

/** The change is an event by itself: others may have subscribed to it. */
async function disable(
  { table, clock }: AttemptPorts,
  id: string,
  reason: string,
  when: (subscription: SubscriptionRecord) => boolean,
): Promise<void> {
  const disabled = { reason, at: clock.now().toISOString(), by: BY_STAITHE };
  await subscriptions.update(table, Keys.subscription(id), (subscription) =>
    subscription.status === 'active' && when(subscription)
      ? { ...subscription, status: 'disabled', disabled }
      : undefined,
  );
}
