/** What the deployment workflow and its steps say to each other. */
import * as z from 'zod';
import { executionDied } from '../lib/contract/events/aws.ts';
import { Id } from '../lib/domain/id.ts';
import { Caught } from './build.ts';

const of = <Task extends string>(task: Task) =>
  z.object({ task: z.literal(task), deployment_id: Id.deployment });

const Step = z.discriminatedUnion('task', [
  of('apply'),
  of('ready'),
  of('shift'),
  of('verify'),
  of('succeed'),
  of('roll_back').extend({ caught: Caught }),
]);

/** The workflow died before its last step, as EventBridge tells it: the step that it would have called itself. */
const Died = z
  .object({ detail: executionDied.detail.pick({ status: true }).extend({ name: Id.deployment }) })
  .transform(({ detail: { name, status } }) => ({
    task: 'roll_back' as const,
    deployment_id: name,
    caught: { error: status, cause: `The workflow ended as ${status} before its last step.` },
  }));

export const DeploymentStep = z.union([Step, Died]);
