/** The API of Step Functions. */
import type { Action } from '../service.ts';
import type { Engine } from './engine.ts';
import { executionActions } from './execution-actions.ts';
import { machineActions } from './machine-actions.ts';
import type { Machines } from './machines.ts';
import { taskActions } from './task-actions.ts';

export function actionsOf(engine: Engine, machines: Machines): Record<string, Action> {
  return {
    ...machineActions(engine, machines),
    ...executionActions(engine, machines),
    ...taskActions(engine),
  };
}
