/**
 * A workflow ended before it finished could say how: what it worked on fails with the reason, unless another workflow
 * goes on with it. Deployments are not told here: their own step takes them back.
 */
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { executionDied } from '../../lib/contract/events/aws.ts';
import { readDetail } from '../../lib/contract/events/event.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import { runIdOf } from '../../lib/domain/execution/model/execution.ts';
import { workflowStopped } from '../../lib/domain/execution/reconcile/follow.ts';
import { Id } from '../../lib/domain/id.ts';
import { TriggerInput } from '../../stepfunctions/trigger.ts';

const ports = { table: dynamoTable(), clock };

export async function handler(event: unknown): Promise<void> {
  const { name, status, input } = readDetail(executionDied, event);
  const message = `The workflow ended as ${status} before it finished.`;
  // One that died of itself is followed by another, with the next sweep.
  if (Id.run.safeParse(runIdOf(name)).success && status !== 'FAILED')
    await workflowStopped(ports, name, message);
  // Executions that a rule started have names that mean nothing; their input tells what they were about.
  const trigger = TriggerInput.safeParse(JSON.parse(input ?? '{}'));
  if (trigger.success) await Trigger.abandon(ports, trigger.data, `${message} Redeliver it in half an hour.`);
}
