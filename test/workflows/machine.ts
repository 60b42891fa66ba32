/** State machines of the product, as they are deployed, in a simulation of Step Functions. */
import type { MovableClock, SimulatedStepFunctions } from 'embedded-cloud/stepfunctions';
import type { WorkflowName } from '../../lib/domain/ports/workflows.ts';
import { definitionOf } from '../../lib/infrastructure/definition.ts';
import type { SimulatedClock } from '../memory/world.ts';

/** What is known at deployment only has its name as its value: the function of the steps is this one. */
export const STEPS = 'StepFunctionArn';

/** Makes the state machine of a workflow, under its name. */
export async function createMachine(states: SimulatedStepFunctions, workflow: WorkflowName): Promise<void> {
  const definition = known.get(workflow) ?? definitionOf(workflow);
  known.set(workflow, definition);
  const open = JSON.stringify(definition).matchAll(/\$\{(\w+)\}/g);
  const names = [...open].map(([, name = '']) => [name, name] as const);
  await states.create(workflow, definition, Object.fromEntries(names));
}

/** Properties make a machine for each of their cases. */
const known = new Map<WorkflowName, unknown>();

/** The tasks of the steps that a workflow's definition asks for. */
export function tasksOf(workflow: WorkflowName): string[] {
  return [...JSON.stringify(definitionOf(workflow)).matchAll(/"task":"(\w+)"/g)].map(([, task = '']) => task);
}

/** The clock of the domain's ports, as state machines have it: both have the same time. */
export function clockOf(clock: SimulatedClock): MovableClock {
  const now = () => clock.now().getTime();
  return { now, moveTo: (time) => clock.advance(Math.max(0, time - now())) };
}
