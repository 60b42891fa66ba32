import { Id } from '../../domain/id.ts';
import { Notification } from '../../domain/notification/schema.ts';
import { ProjectRef } from '../../domain/project/schema.ts';
import {
  CreateSubscription,
  Subscription,
  SubscriptionWithSecret,
} from '../../domain/subscription/schema.ts';
import { PAGING, page, route } from '../route.ts';

const ofSubscription = { subscription: Id.subscription };
const SUBSCRIPTION = '/v1/subscriptions/{subscription}';

/**
 * Subscriptions to events, and what was sent for them. To change one takes an admin, as it sends what happens in a project
 * to somebody outside; to see why something did not arrive takes a developer.
 */
export const SUBSCRIPTION_ROUTES = {
  createSubscription: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/subscriptions',
    group: 'subscriptions',
    access: 'admin',
    summary: 'Create a subscription',
    body: CreateSubscription,
    success: {
      status: 201,
      body: SubscriptionWithSecret,
      description: 'The subscription. The secret of a webhook is shown only here',
    },
    errors: ['mail_disabled', 'not_found', 'wrong_state'],
  }),
  listSubscriptions: route({
    method: 'GET',
    path: '/v1/subscriptions',
    group: 'subscriptions',
    access: 'developer',
    summary: 'List subscriptions',
    query: { project: ProjectRef.optional(), ...PAGING },
    success: { status: 200, body: page(Subscription), description: 'Subscriptions, newest first' },
    errors: ['invalid_cursor', 'not_found'],
  }),
  getSubscription: route({
    method: 'GET',
    path: SUBSCRIPTION,
    group: 'subscriptions',
    access: 'developer',
    summary: 'Get a subscription',
    params: ofSubscription,
    success: { status: 200, body: Subscription, description: 'The subscription, without its secret' },
  }),
  deleteSubscription: route({
    method: 'DELETE',
    path: SUBSCRIPTION,
    group: 'subscriptions',
    access: 'admin',
    summary: 'Delete a subscription',
    params: ofSubscription,
    success: { status: 204, body: null, description: 'Nothing more is sent' },
  }),
  enableSubscription: route({
    method: 'POST',
    path: `${SUBSCRIPTION}/enable`,
    group: 'subscriptions',
    access: 'admin',
    summary: 'Enable a subscription',
    params: ofSubscription,
    success: {
      status: 200,
      body: Subscription,
      description: 'The subscription; it is sent the events from now on',
    },
    errors: ['busy'],
  }),
  disableSubscription: route({
    method: 'POST',
    path: `${SUBSCRIPTION}/disable`,
    group: 'subscriptions',
    access: 'admin',
    summary: 'Disable a subscription',
    params: ofSubscription,
    success: { status: 200, body: Subscription, description: 'The subscription; it is sent nothing' },
    errors: ['busy'],
  }),
  testSubscription: route({
    method: 'POST',
    path: `${SUBSCRIPTION}/test`,
    group: 'subscriptions',
    access: 'admin',
    summary: 'Send a test notification',
    params: ofSubscription,
    success: { status: 202, body: Notification, description: 'The notification; it is sent within seconds' },
    errors: ['wrong_state'],
  }),
  rotateSubscriptionSecret: route({
    repeat: 'rerun',
    method: 'POST',
    path: `${SUBSCRIPTION}/rotate-secret`,
    group: 'subscriptions',
    access: 'admin',
    summary: 'Replace the secret of a webhook',
    params: ofSubscription,
    success: {
      status: 200,
      body: SubscriptionWithSecret,
      description:
        'The subscription with its new secret. For a day, webhooks are signed with the previous one too, and another rotation is refused',
    },
    errors: ['busy', 'wrong_state'],
  }),
  listNotifications: route({
    method: 'GET',
    path: `${SUBSCRIPTION}/notifications`,
    group: 'subscriptions',
    access: 'developer',
    summary: 'List the notifications of a subscription',
    params: ofSubscription,
    query: PAGING,
    success: {
      status: 200,
      body: page(Notification),
      description: 'Notifications of the last 30 days, newest first',
    },
    errors: ['invalid_cursor'],
  }),
  replayNotification: route({
    method: 'POST',
    path: `${SUBSCRIPTION}/notifications/{notification}/replay`,
    group: 'subscriptions',
    access: 'admin',
    summary: 'Send a notification once more',
    params: { ...ofSubscription, notification: Id.notification },
    success: { status: 202, body: Notification, description: 'The notification; it is sent within seconds' },
    errors: ['busy', 'wrong_state'],
  }),
} as const;
