import { ArnFormat, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { notificationEvents } from '../contract/events/notification.ts';
import { patternOf } from '../contract/events/pattern.ts';
import { SENDER_TIMEOUT_SECONDS } from '../domain/notification/time.ts';
import type { Bundles } from './bundles.ts';
import type { DeadLetters } from './dead-letters.ts';
import { StaitheFunction } from './function.ts';

/** What may be done with secrets of subscriptions: nobody who may change them may read them. */
const SECRET_ACTIONS = {
  read: ['GetParameter'],
  write: ['PutParameter', 'DeleteParameter'],
  remove: ['DeleteParameter'],
} as const;

/** Sends notifications. Called for each attempt at one, and so never where nobody has subscribed. */
export class Notifications extends Construct {
  readonly #mailSender: string;
  readonly #loopbackWebhooks: string;

  constructor(
    scope: Construct,
    id: string,
    props: { bundles: Bundles; bus: EventBus; deadLetters: DeadLetters },
  ) {
    super(scope, id);
    const { bundles, bus, deadLetters } = props;
    // Parameters, not context values: they differ between installations of one and the same template.
    const stack = Stack.of(this);
    this.#mailSender = new CfnParameter(stack, 'MailSender', {
      description: "The sender of e-mail, an address that SES has verified in this region; 'off' sends none",
      default: 'off',
      allowedPattern: '^(off|[^@\\s]+@[^@\\s]+)$',
      constraintDescription: "must be an e-mail address, or 'off'",
    }).valueAsString;
    this.#loopbackWebhooks = new CfnParameter(stack, 'LoopbackWebhooks', {
      description:
        'Whether webhooks may be sent to the machine of the function itself, also over HTTP: for local installations',
      default: 'refuse',
      allowedValues: ['refuse', 'allow'],
    }).valueAsString;
    const sender = new StaitheFunction(this, 'Sender', {
      bundles,
      entry: 'events/notification-pending',
      description: 'Sends notifications to webhooks, chats and mailboxes',
      timeout: Duration.seconds(SENDER_TIMEOUT_SECONDS),
    });
    new Rule(this, 'Pending', {
      description: 'A notification is to be sent',
      eventBus: bus,
      eventPattern: patternOf([notificationEvents.events.pending]),
      // The sweep finds what was not sent in minutes; an older event would be of no use.
      targets: [deadLetters.callOf(sender, { maxEventAge: Duration.hours(1) })],
    });
  }

  grantSettings(to: StaitheFunction): void {
    to.grant({ STAITHE_MAIL_SENDER: this.#mailSender });
    this.grantLoopback(to);
  }

  /** Whether this machine may be called. */
  grantLoopback(to: StaitheFunction): void {
    to.grant({ STAITHE_LOOPBACK_WEBHOOKS: this.#loopbackWebhooks });
  }

  /** The identity that SES has verified may be the address, or its domain. */
  grantMail(to: StaitheFunction): void {
    to.grant(
      {},
      {
        actions: ['ses:SendEmail'],
        resources: [Stack.of(this).formatArn({ service: 'ses', resource: 'identity', resourceName: '*' })],
        conditions: { StringEquals: { 'ses:FromAddress': this.#mailSender } },
      },
    );
  }

  /** Below a name of this stack, so that two installations of an account keep apart. */
  grantSecrets(to: StaitheFunction, access: keyof typeof SECRET_ACTIONS): void {
    const stack = Stack.of(this);
    to.grant(
      { STAITHE_SUBSCRIPTION_SECRETS: `/${stack.stackName}/subscriptions` },
      {
        actions: SECRET_ACTIONS[access].map((action) => `ssm:${action}`),
        resources: [
          stack.formatArn({
            service: 'ssm',
            resource: 'parameter',
            resourceName: `${stack.stackName}/subscriptions/*`,
            arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
          }),
        ],
      },
    );
  }
}
