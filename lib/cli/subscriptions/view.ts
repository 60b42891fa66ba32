/** Subscriptions as text. */
import type { Subscription } from '../api/resources.ts';
import { moment } from '../terminal/format.ts';
import { bold } from '../terminal/style.ts';
import { fields } from '../terminal/table.ts';

export const COPY_SECRET = 'Copy the secret: it is not shown again.';

export function targetText({ target }: Subscription): string {
  if (target.kind === 'email') return `e-mail to ${target.addresses.join(', ')}`;
  return target.kind === 'slack' ? `Slack messages to ${target.host}` : `webhook ${target.url}`;
}

/** @param secret shown once */
export function subscriptionText(subscription: Subscription, secret?: string): string {
  const { disabled } = subscription;
  return fields([
    ['subscription', subscription.id],
    ['name', subscription.name],
    ['project', subscription.project_id ?? 'all'],
    ['events', subscription.events.join(', ')],
    ['target', targetText(subscription)],
    ['status', subscription.status],
    ['reason', disabled?.reason],
    ['disabled', disabled && `${moment(disabled.at)} by ${disabled.by}`],
    ['last delivery', subscription.last_delivered_at && moment(subscription.last_delivered_at)],
    ['created', `${moment(subscription.created_at)} by ${subscription.created_by}`],
    ['secret', secret, bold],
  ]);
}
