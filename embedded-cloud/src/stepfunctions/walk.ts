/** Walks a branch from state to state until it ends. */
import type { Branch, Exit } from './branch.ts';
import { runMap, runParallel } from './children.ts';
import type { State } from './definition.ts';
import { StateFailure } from './failure.ts';
import { withHandlers } from './handlers.ts';
import { located } from './locate.ts';
import { Cancelled } from './scope.ts';
import { runChoice, runFail, runPass, runSucceed, runWait } from './simple-states.ts';
import { runTask } from './task.ts';

/** A history has at most 25,000 events; some are left for the execution's end. */
const MOST_EVENTS = 24_900;

/** States that one branch may run before the event loop goes on: about 2 ms' worth. */
const STEPS_A_TURN = 100;

/** State types for which the history has an event of being aborted. */
const ABORTABLE = new Set(['Task', 'Wait', 'Map', 'Parallel']);

function runState(branch: Branch, state: State): Promise<Exit> {
  switch (state.Type) {
    case 'Pass':
      return runPass(branch, state);
    case 'Choice':
      return runChoice(branch, state);
    case 'Wait':
      return runWait(branch, state);
    case 'Succeed':
      return runSucceed(branch, state);
    case 'Fail':
      return runFail(branch, state);
    case 'Task':
      return withHandlers(branch, state, () => runTask(branch, state));
    case 'Parallel':
      return withHandlers(branch, state, () => runParallel(branch, state, walk));
    case 'Map':
      return withHandlers(branch, state, () => runMap(branch, state, walk));
  }
}

function enter(branch: Branch, state: State): void {
  const { position, execution } = branch;
  if (execution.eventCount > MOST_EVENTS) {
    throw new StateFailure(
      'States.Runtime',
      'The execution reached the maximum number of history events (25000).',
    );
  }
  position.enteredAt = execution.runtime.timers.now();
  branch.record(`${state.Type}StateEntered`, {
    stateEnteredEventDetails: {
      name: position.state,
      input: position.input,
      inputDetails: { truncated: false },
    },
  });
  position.enteredEvent = position.lastEvent;
  branch.save();
}

function leave(branch: Branch, state: State, exit: Exit): void {
  const names = Object.keys(exit.assigned);
  const assigned = Object.fromEntries(names.map((name) => [name, JSON.stringify(exit.assigned[name])]));
  branch.record(`${state.Type}StateExited`, {
    stateExitedEventDetails: {
      name: branch.position.state,
      output: exit.output,
      outputDetails: { truncated: false },
      ...(names.length === 0
        ? {}
        : { assignedVariables: assigned, assignedVariablesDetails: { truncated: false } }),
    },
  });
  Object.assign(branch.position.variables, exit.assigned);
}

/**
 * Runs a branch from its position to its end.
 * @returns the branch's output as JSON text
 * @throws StateFailure when a state failed and nothing caught it
 * @throws Cancelled when the branch's scope was cancelled
 */
export async function walk(branch: Branch): Promise<string> {
  for (let steps = 1; ; steps++) {
    // A loop of states that wait for nothing must leave room for everyone else, and for being stopped.
    if (steps % STEPS_A_TURN === 0) await branch.execution.runtime.turn();
    branch.scope.check();
    const { state } = branch;
    if (branch.position.enteredEvent === 0) enter(branch, state);
    let exit: Exit;
    try {
      exit = await runState(branch, state);
      branch.scope.check();
    } catch (error) {
      if (!(error instanceof Cancelled)) throw located(branch, error);
      if (error.reason === 'aborted' && ABORTABLE.has(state.Type)) branch.record(`${state.Type}StateAborted`);
      throw error;
    }
    leave(branch, state, exit);
    if (exit.next === undefined) return exit.output;
    branch.moveTo(exit.next, exit.output);
  }
}
