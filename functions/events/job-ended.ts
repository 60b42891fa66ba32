/** A job of a project with a limit has ended: the next one in the queue may begin. */
import type { EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import * as Queue from '../../lib/domain/execution/queue/index.ts';
import { Id } from '../../lib/domain/id.ts';

const ports = { table: dynamoTable(), workflows: stepFunctions() };
const Ended = z.object({ id: Id.job, project_id: Id.project });

export async function handler(event: EventBridgeEvent<string, unknown>): Promise<void> {
  const { id, project_id } = Ended.parse(event.detail);
  await Queue.leave(ports, project_id, id);
}
