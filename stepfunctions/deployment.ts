/** What the deployment workflow and its steps say to each other. */
import * as z from 'zod';
import { Id } from '../lib/domain/id.ts';
import { Caught } from './build.ts';

const of = <Task extends string>(task: Task) =>
  z.object({ task: z.literal(task), deployment_id: Id.deployment });

export const DeploymentStep = z.discriminatedUnion('task', [
  of('apply'),
  of('ready'),
  of('shift'),
  of('verify'),
  of('succeed'),
  of('roll_back').extend({ caught: Caught }),
]);
