/** What the operator has decided of notifications, from the settings of functions. */
import type { NotificationSettings } from '../domain/ports/notifier.ts';
import { setting } from './settings.ts';

/** What the parameter of the stack says when no e-mail is sent: a function's setting cannot be empty. */
const NO_MAIL = 'off';

/** @throws Error at cold start when a setting is missing */
export function notificationSettings(): NotificationSettings {
  const sender = setting('STAITHE_MAIL_SENDER');
  return {
    loopback: setting('STAITHE_LOOPBACK_WEBHOOKS') === 'allow',
    mailSender: sender === NO_MAIL ? undefined : sender,
  };
}
