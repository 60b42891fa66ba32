import { notificationSettings } from '../../lib/aws/notification-settings.ts';
import { parameterSecrets } from '../../lib/aws/subscription-secrets.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { SUBSCRIBABLE } from '../../lib/contract/events/subscribable.ts';
import { subscriptionPing } from '../../lib/contract/events/subscription.ts';
import { SUBSCRIPTION_ROUTES } from '../../lib/contract/routes/subscriptions.ts';
import * as Notification from '../../lib/domain/notification/index.ts';
import * as Subscription from '../../lib/domain/subscription/index.ts';
import { rotateSecret } from '../../lib/domain/subscription/rotation.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = {
  table: dynamoTable(),
  subscriptionSecrets: parameterSecrets(),
  notificationSettings: notificationSettings(),
  clock,
  randomness,
};

export const handler = serve(
  'subscriptions',
  SUBSCRIPTION_ROUTES,
  {
    createSubscription: ({ actor, body, seed }) =>
      Subscription.create(ports, actor, body, SUBSCRIBABLE, seed),
    listSubscriptions: ({ actor, query }) => Subscription.list(ports, actor, query),
    getSubscription: ({ actor, params }) => Subscription.get(ports, actor, params.subscription),
    deleteSubscription: ({ actor, params }) => Subscription.remove(ports, actor, params.subscription),
    enableSubscription: ({ actor, params }) => Subscription.enable(ports, actor, params.subscription),
    disableSubscription: ({ actor, params }) => Subscription.disable(ports, actor, params.subscription),
    testSubscription: ({ actor, params, seed }) =>
      Notification.test(ports, actor, params.subscription, subscriptionPing.name, seed),
    rotateSubscriptionSecret: ({ actor, params, seed }) =>
      rotateSecret(ports, actor, params.subscription, seed),
    listNotifications: ({ actor, params, query }) =>
      Notification.list(ports, actor, params.subscription, query),
    replayNotification: ({ actor, params }) =>
      Notification.replay(ports, actor, params.subscription, params.notification),
  },
  ports,
);
