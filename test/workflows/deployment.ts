/** The deployment workflow over ports in memory. */
import { type CallingExecution, lambda, simulatedStepFunctions } from 'embedded-cloud/stepfunctions';
import { afterEnd } from '../../lib/domain/deployment/after-end.ts';
import { deploymentSteps } from '../../stepfunctions/deployment.ts';
import type { MemoryPorts } from '../memory/index.ts';
import { clockOf, createMachine, STEPS } from './machine.ts';

/** Stands around each step: does it, or makes it go wrong. `stop` ends the execution before it finished. */
export type AroundStep = (step: () => Promise<unknown>, stop: () => Promise<unknown>) => Promise<unknown>;

/**
 * Runs the workflow of a deployment to its end; time goes on as far as it waits. One that dies is told to its step,
 * as EventBridge does; and so is the deployment's end.
 * @returns how the execution ended
 */
export async function runDeployment(ports: MemoryPorts, id: string, around: AroundStep = (step) => step()) {
  const steps = deploymentSteps(ports);
  const states = simulatedStepFunctions({
    clock: clockOf(ports.clock),
    services: lambda({
      [STEPS]: (payload, execution?: CallingExecution) =>
        around(
          () => steps(payload),
          () => states.act('StopExecution', { executionArn: execution?.arn }),
        ),
    }),
  });
  try {
    await createMachine(states, 'deployment');
    const input = ports.workflows.find('deployment', id)?.input ?? { deployment_id: id };
    const ended = await states.ended(await states.start('deployment', id, input));
    if (ended.status !== 'SUCCEEDED') await steps({ detail: { name: id, status: ended.status } });
    await afterEnd(ports, id);
    return ended;
  } finally {
    states.close();
  }
}
