/**
 * A workflow died before its last step could say how it ended: what it worked on fails with the reason. Deployments are
 * not told here: their own step takes them back.
 */
import type { EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import { Id } from '../../lib/domain/id.ts';
import * as Run from '../../lib/domain/run/index.ts';

const ports = { table: dynamoTable(), clock };
const Ended = z.object({
  name: z.string(),
  status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
  /** Absent when it is large, which that of no workflow here is. */
  input: z.string().nullish(),
});
/** Executions that a rule started have names that mean nothing; their input tells what they were about. */
const TriggerInput = z.object({ delivery_id: Id.delivery });

export async function handler(
  event: EventBridgeEvent<'Step Functions Execution Status Change', unknown>,
): Promise<void> {
  const { name, status, input } = Ended.parse(event.detail);
  const message = `The workflow ended as ${status} before its last step.`;
  if (Id.run.safeParse(name).success)
    await Run.fail(ports, name, { code: 'internal_error', message, hint: 'Run the build again.' });
  const trigger = TriggerInput.safeParse(JSON.parse(input ?? '{}'));
  if (trigger.success)
    await Trigger.abandon(ports, trigger.data.delivery_id, `${message} Deliver it again in half an hour.`);
}
