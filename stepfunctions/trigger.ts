/** The steps of the trigger workflow (trigger.asl.yaml): what it and they say to each other, and what each does. */
import * as z from 'zod';
import { deliveryEvents } from '../lib/contract/events/delivery.ts';
import * as Trigger from '../lib/domain/delivery/trigger.ts';
import { Id } from '../lib/domain/id.ts';
import { messageOfCause } from './cause.ts';

/** The name of errors that a later try may not meet; trigger.asl.yaml retries on it. */
const TEMPORARY = 'GitHostTemporarilyUnavailable';

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

const TriggerStep = z.discriminatedUnion('task', [
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

/** The steps, by what each is in the domain. @returns what the workflow goes on with */
export function triggerSteps(ports: Trigger.TriggerPorts): (event: unknown) => Promise<unknown> {
  return async (event) => {
    const step = TriggerStep.parse(event);
    switch (step.task) {
      case 'decide':
        return Trigger.decide(ports, step.delivery_id);
      case 'build':
        return Trigger.build(ports, step.delivery_id, step.project_id, step.waits).catch((error: unknown) => {
          // The workflow tries again by the error's name.
          if (Trigger.isTemporary(error) && error instanceof Error) error.name = TEMPORARY;
          throw error;
        });
      case 'give_up':
        return Trigger.recordFailure(
          ports,
          step.delivery_id,
          step.project_id,
          messageOfCause(step.reason, 'The build could not be started.'),
        );
    }
  };
}
