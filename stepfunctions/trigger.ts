/** What the trigger workflow and its steps say to each other. */
import * as z from 'zod';
import { deliveryEvents } from '../lib/contract/events/delivery.ts';
import { Id } from '../lib/domain/id.ts';

/** The name of errors that a later try may not meet; trigger.asl.yaml retries on it. */
export const TEMPORARY = 'GitHostTemporarilyUnavailable';

/**
 * The input of an execution: the event of a delivery that was kept, by whose id everything is read anew. Those of an older
 * version have the id alone.
 */
export const TriggerInput = z
  .union([
    z.object({ detail: deliveryEvents.detail.pick({ id: true }) }),
    z.object({ delivery_id: Id.delivery }),
  ])
  .transform((input) => ('detail' in input ? input.detail.id : input.delivery_id));

export const TriggerStep = z.discriminatedUnion('task', [
  z.object({ task: z.literal('decide'), delivery_id: Id.delivery }),
  z.object({
    task: z.literal('build'),
    delivery_id: Id.delivery,
    project_id: Id.project,
    /** How often it has waited for the git host's rate limit; workflows of an older version do not say it. */
    waits: z.int().min(0).default(0),
  }),
  z.object({
    task: z.literal('give_up'),
    delivery_id: Id.delivery,
    project_id: Id.project,
    reason: z.string(),
  }),
]);
