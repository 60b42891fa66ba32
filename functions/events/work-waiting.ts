/**
 * A run or a deployment was recorded. Whoever recorded it starts its workflow too, and may have died between the two:
 * so it is started here once more. Under the same name and with the same input that is a no-op for all others.
 */
import type { EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { Id } from '../../lib/domain/id.ts';

const workflows = stepFunctions();
const Waiting = z.object({ id: z.union([Id.run, Id.deployment]) });

export async function handler(event: EventBridgeEvent<string, unknown>): Promise<void> {
  const { id } = Waiting.parse(event.detail);
  if (Id.run.safeParse(id).success) await workflows.start('build', id, { run_id: id });
  else await workflows.start('deployment', id, { deployment_id: id });
}
