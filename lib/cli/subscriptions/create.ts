/** `staithe subscription create`. */
import { command } from '../command/command.ts';
import { list as listOption, requiredText, text } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { COPY_SECRET, subscriptionText } from './view.ts';

interface TargetOptions {
  readonly webhook: string | undefined;
  readonly slack: string | undefined;
  readonly email: readonly string[];
}

/** @throws Failure usage, unless there is exactly one target */
function targetOf({ webhook, slack, email }: TargetOptions) {
  const targets = [
    ...(webhook === undefined ? [] : [{ kind: 'webhook' as const, url: webhook }]),
    ...(slack === undefined ? [] : [{ kind: 'slack' as const, url: slack }]),
    ...(email.length === 0 ? [] : [{ kind: 'email' as const, addresses: [...email] }]),
  ];
  const [target] = targets;
  if (target === undefined || targets.length > 1)
    throw usageFailure(
      targets.length === 0 ? 'No target specified.' : 'More than one target specified.',
      'Add one of --webhook <url>, --slack <url> and --email <address>.',
    );
  return target;
}

export const create = command({
  name: 'create',
  summary: 'Create a subscription to events',
  details:
    'Sends events of a project to a webhook, signed by the Standard Webhooks specification, to a Slack-compatible ' +
    'incoming webhook, or by e-mail. Without --project, and with a token that is not bound to one, events of the whole ' +
    'installation. The events are listed in docs/events.md; an asterisk selects all events of a noun. The secret of a ' +
    'webhook is printed only once. Requires an admin token.',
  options: {
    name: requiredText('--name <name>', 'Name of the subscription'),
    event: listOption('--event <event>', 'Event, such as "Run *" or "*"; required'),
    webhook: text('--webhook <url>', 'Target: webhook with this URL (https)'),
    slack: text('--slack <url>', 'Target: incoming webhook of Slack, Mattermost or the like'),
    email: listOption('--email <address>', 'Target: e-mail to this address'),
    project: text(
      '--project <project>',
      'Only events of this project (slug or id); STAITHE_PROJECT is ignored',
    ),
  },
  examples: [
    'staithe subscription create --name ci --project hello --event "Run *" --webhook https://example.com/hook',
    'staithe subscription create --name alerts --event "Deployment *" --email team@example.com',
  ],
  calls: ['createSubscription'],
  async run({ options }, { api }) {
    const target = targetOf({ webhook: options.webhook, slack: options.slack, email: options.email });
    if (options.event.length === 0)
      throw usageFailure('Required option --event <event> is missing.', 'Add --event "*" for all events.');
    const subscription = await api.call('createSubscription', {
      body: {
        name: options.name,
        events: options.event,
        target,
        ...(options.project !== undefined && { project: options.project }),
      },
    });
    return {
      json: subscription,
      text: subscriptionText(subscription, subscription.secret),
      notes: [
        ...(subscription.secret === undefined ? [] : [COPY_SECRET]),
        `next: staithe subscription test ${subscription.id}`,
      ],
    };
  },
});
