/** A job of a project with a limit has ended: the next one in the queue may begin. */
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { jobEvents } from '../../lib/contract/events/job.ts';
import * as Queue from '../../lib/domain/execution/queue/index.ts';

const ports = { table: dynamoTable(), workflows: stepFunctions() };

export async function handler(event: unknown): Promise<void> {
  const { id, project_id } = jobEvents.read(event);
  await Queue.dequeue(ports, project_id, id);
}
