import * as z from 'zod';
import { Id } from '../id.ts';
import { ProjectRef } from '../project/schema.ts';
import { line, title } from '../text.ts';
import { Timestamp } from '../values.ts';

/** A name of the registry of events, or a noun and ` *`, or `*`; which names there are is checked by `events.ts`. */
const EventName = line(100).meta({ examples: ['Run *'] });

/** Fewer recipients than SES takes at once (50, docs: SendEmail): a longer list is a mailing list with an address. */
const MAX_ADDRESSES = 10;

/** Of the addresses of RFC 5321 those without quotes, which no mailbox needs: nothing in them can end a header. */
const EmailAddress = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
    'must be an e-mail address such as team@example.com',
  )
  .meta({ examples: ['team@example.com'] });
const Addresses = z.array(EmailAddress).min(1).max(MAX_ADDRESSES);

const TargetUrl = line(2048).meta({ examples: ['https://example.com/staithe'] });

/** Where notifications go. Of a Slack URL only the host: whoever has the URL can post. */
export const SubscriptionTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('webhook'), url: z.string() }),
  z.object({ kind: z.literal('slack'), host: z.string() }),
  z.object({ kind: z.literal('email'), addresses: z.array(z.string()) }),
]);
export type SubscriptionTarget = z.infer<typeof SubscriptionTarget>;

const CreateTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), url: TargetUrl }),
  z.strictObject({ kind: z.literal('slack'), url: TargetUrl }),
  z.strictObject({ kind: z.literal('email'), addresses: Addresses }),
]);
export type CreateTarget = z.infer<typeof CreateTarget>;

/** Who is notified of which events of a project, or of the whole installation. */
export const Subscription = z.object({
  id: Id.subscription,
  /** Absent when it is of the whole installation. */
  project_id: Id.project.optional(),
  name: z.string(),
  events: z.array(z.string()),
  target: SubscriptionTarget,
  status: z.enum(['active', 'disabled']),
  /** Why it is disabled, since when, and by whom: `staithe` when its target failed. */
  disabled: z.object({ reason: z.string(), at: Timestamp, by: z.string() }).optional(),
  /** After a rotation: until when requests are signed with the secret before it too. */
  previous_secret_until: Timestamp.optional(),
  /** To the minute. */
  last_delivered_at: Timestamp.optional(),
  created_at: Timestamp,
  created_by: z.string(),
});
export type Subscription = z.infer<typeof Subscription>;

export const CreateSubscription = z.strictObject({
  /** Without it the subscription is of the project of the token, or of the whole installation. */
  project: ProjectRef.optional(),
  name: title(100),
  events: z.array(EventName).min(1).max(20),
  target: CreateTarget,
});
export type CreateSubscription = z.infer<typeof CreateSubscription>;

/** With the secret that signs its webhooks; other targets have none. */
export const SubscriptionWithSecret = Subscription.extend({ secret: z.string().optional() });
export type SubscriptionWithSecret = z.infer<typeof SubscriptionWithSecret>;
