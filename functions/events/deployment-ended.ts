/** A deployment has ended: the next one may begin, and its release may go on. */
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock } from '../../lib/aws/world.ts';
import { deploymentEvents } from '../../lib/contract/events/deployment.ts';
import { afterEnd } from '../../lib/domain/deployment/after-end.ts';

const ports = { table: dynamoTable(), workflows: stepFunctions(), clock };

export async function handler(event: unknown): Promise<void> {
  await afterEnd(ports, deploymentEvents.read(event).id);
}
