/** The trigger workflow over ports in memory. */
import { lambda, simulatedStepFunctions } from 'embedded-cloud/stepfunctions';
import { triggerSteps } from '../../stepfunctions/trigger.ts';
import type { MemoryPorts } from '../memory/index.ts';
import { clockOf, createMachine, STEPS } from './machine.ts';

/** Runs the workflow of a delivery to its end; time goes on as far as it waits. @returns how the execution ended */
export async function runDelivery(ports: MemoryPorts, id: string) {
  const states = simulatedStepFunctions({
    clock: clockOf(ports.clock),
    services: lambda({ [STEPS]: triggerSteps(ports) }),
  });
  try {
    await createMachine(states, 'trigger');
    return await states.ended(await states.start('trigger', id, { detail: { id } }));
  } finally {
    states.close();
  }
}
