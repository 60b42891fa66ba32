/** A job of a deployment has ended: the deployment goes on. */
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { deploymentJobEvents } from '../../lib/contract/events/deployment-job.ts';
import { jobEnded } from '../../lib/domain/deployment/jobs/ended.ts';

const ports = { table: dynamoTable(), workflows: stepFunctions() };

export async function handler(event: unknown): Promise<void> {
  await jobEnded(ports, deploymentJobEvents.read(event).id);
}
