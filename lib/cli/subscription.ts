/** `staithe subscription`. */
import type { Notification, Subscription } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { flag, text } from './command/option.ts';
import { create } from './subscriptions/create.ts';
import { COPY_SECRET, subscriptionText, targetText } from './subscriptions/view.ts';
import { moment } from './terminal/format.ts';
import { confirm } from './terminal/prompt.ts';
import { bold } from './terminal/style.ts';
import { fields } from './terminal/table.ts';

const args = { subscription: 'Subscription id (sub_…)' };
const EXAMPLE_ID = 'sub_01JZX3V5N8Q2R4T6W8Y0A1B2C3';

const list = listCommand({
  summary: 'List subscriptions, newest first',
  options: {
    project: text(
      '--project <project>',
      'Only those of this project (slug or id); STAITHE_PROJECT is ignored',
    ),
  },
  examples: ['staithe subscription list', 'staithe subscription list --project hello'],
  calls: ['listSubscriptions'],
  columns: [
    { title: 'id', value: (subscription: Subscription) => subscription.id },
    { title: 'name', value: (subscription) => subscription.name },
    { title: 'status', value: (subscription) => subscription.status },
    { title: 'project', value: (subscription) => subscription.project_id ?? 'all' },
    { title: 'events', value: (subscription) => subscription.events.join(', ') },
    { title: 'target', value: targetText },
  ],
  readPage: ({ options: { project } }, api, query) =>
    api.call('listSubscriptions', { query: { ...query, ...(project !== undefined && { project }) } }),
  nextWhenEmpty: () => 'staithe subscription create --name <name> --event "*" --webhook <url>',
});

const show = command({
  name: 'show',
  summary: 'Show a subscription',
  args,
  examples: [`staithe subscription show ${EXAMPLE_ID}`],
  calls: ['getSubscription'],
  async run({ args }, { api }) {
    const subscription = await api.call('getSubscription', { params: args });
    const next = subscription.status === 'active' ? 'notifications' : 'enable';
    return {
      json: subscription,
      text: subscriptionText(subscription),
      notes: [`next: staithe subscription ${next} ${subscription.id}`],
    };
  },
});

const remove = command({
  name: 'delete',
  summary: 'Delete a subscription',
  args,
  options: { yes: flag('--yes', 'Skip the confirmation') },
  examples: [`staithe subscription delete ${EXAMPLE_ID} --yes`],
  calls: ['deleteSubscription'],
  async run({ args, options }, { api }) {
    if (!options.yes) await confirm(`Deleting subscription ${args.subscription}`, args.subscription);
    await api.call('deleteSubscription', { params: args });
    return {
      json: { id: args.subscription, deleted: true },
      text: `Deleted subscription ${args.subscription}`,
    };
  },
});

const enable = command({
  name: 'enable',
  summary: 'Enable a subscription',
  details: 'Events that happened while it was disabled are not sent. Failed notifications can be replayed.',
  args,
  examples: [`staithe subscription enable ${EXAMPLE_ID}`],
  calls: ['enableSubscription'],
  async run({ args }, { api }) {
    const subscription = await api.call('enableSubscription', { params: args });
    return { json: subscription, text: `Enabled subscription ${subscription.id}` };
  },
});

const disable = command({
  name: 'disable',
  summary: 'Disable a subscription until it is enabled',
  args,
  examples: [`staithe subscription disable ${EXAMPLE_ID}`],
  calls: ['disableSubscription'],
  async run({ args }, { api }) {
    const subscription = await api.call('disableSubscription', { params: args });
    return { json: subscription, text: `Disabled subscription ${subscription.id}` };
  },
});

const test = command({
  name: 'test',
  summary: 'Send a test notification',
  args,
  examples: [`staithe subscription test ${EXAMPLE_ID}`],
  calls: ['testSubscription'],
  async run({ args }, { api }) {
    const notification = await api.call('testSubscription', { params: args });
    return {
      json: notification,
      text: `Sending notification ${notification.id}`,
      notes: [`next: staithe subscription notifications ${args.subscription}`],
    };
  },
});

const rotateSecret = command({
  name: 'rotate-secret',
  summary: 'Replace the secret of a webhook',
  details:
    'The new secret is printed only once. For 24 hours webhooks are signed with both secrets; until then the secret cannot be rotated again.',
  args,
  examples: [`staithe subscription rotate-secret ${EXAMPLE_ID}`],
  calls: ['rotateSubscriptionSecret'],
  async run({ args }, { api }) {
    const { secret = '', ...subscription } = await api.call('rotateSubscriptionSecret', { params: args });
    return {
      json: { ...subscription, secret },
      text: fields([
        ['subscription', subscription.id],
        ['secret', secret, bold],
        [
          'previous secret',
          subscription.previous_secret_until && `valid until ${moment(subscription.previous_secret_until)}`,
        ],
      ]),
      notes: [COPY_SECRET],
    };
  },
});

const notifications = listCommand({
  name: 'notifications',
  summary: 'List the notifications of a subscription of the last 30 days, newest first',
  args,
  examples: [`staithe subscription notifications ${EXAMPLE_ID}`],
  calls: ['listNotifications'],
  columns: [
    { title: 'id', value: (notification: Notification) => notification.id },
    { title: 'event', value: (notification) => notification.event },
    { title: 'created', value: (notification) => moment(notification.created_at) },
    { title: 'status', value: (notification) => notification.status },
    { title: 'attempts', value: (notification) => notification.attempts },
    { title: 'response', value: (notification) => notification.response_status },
    {
      title: 'next attempt',
      value: ({ next_attempt_at: next }) => next && moment(next),
    },
    { title: 'error', value: (notification) => notification.error },
  ],
  readPage: ({ args }, api, query) => api.call('listNotifications', { params: args, query }),
  nextWhenEmpty: ({ args }) => `staithe subscription test ${args.subscription}`,
});

const replay = command({
  name: 'replay',
  summary: 'Send a notification once more',
  args: { ...args, notification: 'Notification id (ntf_…)' },
  examples: [`staithe subscription replay ${EXAMPLE_ID} ntf_01JZX3V5N8Q2R4T6W8Y0A1B2C3`],
  calls: ['replayNotification'],
  async run({ args }, { api }) {
    const notification = await api.call('replayNotification', { params: args });
    return { json: notification, text: `Sending notification ${notification.id}` };
  },
});

export const subscription: CommandGroup = {
  name: 'subscription',
  commands: [create, list, show, test, notifications, replay, rotateSecret, disable, enable, remove],
};
