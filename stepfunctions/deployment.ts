/** The steps of the deployment workflow (deployment.asl.yaml): what it and they say to each other, and what each does. */
import * as z from 'zod';
import { executionDied } from '../lib/contract/events/aws.ts';
import { Purpose } from '../lib/domain/deployment/jobs/purpose.ts';
import { waitForEnd } from '../lib/domain/deployment/jobs/state.ts';
import type { LogPorts } from '../lib/domain/deployment/log-source.ts';
import { rollBack } from '../lib/domain/deployment/roll-back.ts';
import * as Steps from '../lib/domain/deployment/steps.ts';
import { Id } from '../lib/domain/id.ts';
import { Caught, reasonOf } from './cause.ts';

type DeploymentStepPorts = Steps.StepPorts & LogPorts;

const of = <Task extends string>(task: Task) =>
  z.object({ task: z.literal(task), deployment_id: Id.deployment });

const Step = z.discriminatedUnion('task', [
  of('apply'),
  of('ready'),
  /** `token` is the task's: the end of the job wakes the workflow with it. */
  of('wait_for_job').extend({ purpose: Purpose, token: z.string().min(1) }),
  of('shift'),
  of('verify'),
  of('roll_back').extend({ caught: Caught }),
]);

/** The workflow died before it finished, as EventBridge tells it: the step that it would have called itself. */
const Died = z
  .object({ detail: executionDied.detail.pick({ status: true }).extend({ name: Id.deployment }) })
  .transform(({ detail: { name, status } }) => ({
    task: 'roll_back' as const,
    deployment_id: name,
    caught: { error: status, cause: `The workflow ended as ${status} before it finished.` },
  }));

const DeploymentStep = z.union([Step, Died]);

/** The steps, by what each is in the domain. @returns what the workflow goes on with */
export function deploymentSteps(ports: DeploymentStepPorts): (event: unknown) => Promise<unknown> {
  return async (event) => {
    const step = DeploymentStep.parse(event);
    switch (step.task) {
      case 'apply':
        return Steps.apply(ports, step.deployment_id);
      case 'ready':
        return Steps.ready(ports, step.deployment_id);
      case 'wait_for_job':
        return waitForEnd(ports, step.deployment_id, { purpose: step.purpose }, step.token);
      case 'shift':
        return Steps.shift(ports, step.deployment_id);
      case 'verify':
        return Steps.verify(ports, step.deployment_id);
      case 'roll_back':
        return rollBack(ports, step.deployment_id, reasonOf(step.caught));
    }
  };
}
