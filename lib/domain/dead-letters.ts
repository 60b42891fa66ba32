import * as z from 'zod';
import { Timestamp } from './values.ts';

/** 14 days, the longest that SQS keeps a message: two weeks of vacation of whoever looks at alarms. */
export const KEPT_DAYS = 14;

/** SQS's own id of the message. */
export const DeadLetterId = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    'must be the id of a dead letter: staithe dead-letter list shows them',
  )
  .meta({ examples: ['0b6d3c1e-5d0f-4a53-9a8e-6f1f5b7b2c11'] });

/** An event that came to nothing. */
export const DeadLetter = z.object({
  id: DeadLetterId,
  /** `undelivered`: its target was never reached. `failed`: a function had it and failed. `unknown`: neither is said. */
  kind: z.enum(['undelivered', 'failed', 'unknown']),
  /** The function or workflow that the event is for; null when it is not known. */
  target: z.string().nullable(),
  /** The rule that the event matched, of one that was not delivered. */
  rule: z.string().optional(),
  /** A word of the service that gave up: NO_PERMISSIONS, RetriesExhausted. */
  reason: z.string(),
  /** The error of the function, or of the delivery. */
  message: z.string().optional(),
  /** How often it was tried. */
  attempts: z.int().min(0).optional(),
  failed_at: Timestamp,
  /** When it is forgotten. */
  expires_at: Timestamp,
});
export type DeadLetter = z.infer<typeof DeadLetter>;

/** With what the target is to get; it is missing when it was too large to be kept. */
export const DeadLetterWithEvent = DeadLetter.extend({ event: z.unknown().optional() });
export type DeadLetterWithEvent = z.infer<typeof DeadLetterWithEvent>;

/** The queue has no order and no cursor: of more letters than a page holds, any are on it. */
export const DeadLetterPage = z.object({
  items: z.array(DeadLetter),
  /** Whether there may be more. */
  more: z.boolean(),
});

/** What fails again comes back as a new letter: only those that failed before are redriven, by default before now. */
export const RedriveAll = z.strictObject({ before: Timestamp.optional() });
export type RedriveAll = z.infer<typeof RedriveAll>;

export const RedrivenAll = z.object({
  redriven: z.int().min(0),
  /** Letters that are still in the queue, and why: at most 100 of them. */
  refused: z.array(z.object({ id: DeadLetterId, target: z.string().nullable(), message: z.string() })),
  /** The time in question: for the next request, when there is more to do. */
  before: Timestamp,
  /** Whether the time was over before all letters were looked at. */
  more: z.boolean(),
});
export type RedrivenAll = z.infer<typeof RedrivenAll>;
