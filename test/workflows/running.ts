/** The port of workflows over a simulation of Step Functions, for one workflow; the others are recorded. */
import { AwsError, type SimulatedStepFunctions } from 'embedded-cloud/stepfunctions';
import type { WorkflowName, Workflows } from '../../lib/domain/ports/workflows.ts';
import { type MemoryWorkflows, memoryWorkflows } from '../memory/workflows.ts';

const ignoring = (code: string) => (error: unknown) => {
  if (!(error instanceof AwsError) || error.code !== code) throw error;
};

/** @param died executions that count as failed, though the simulation was told to stop them */
export function runningWorkflows(
  states: SimulatedStepFunctions,
  running: WorkflowName,
  died: ReadonlySet<string>,
): MemoryWorkflows {
  const record = memoryWorkflows();
  const { start, stop, state } = record;
  return Object.assign(record, {
    async start(workflow, name, input) {
      const isNew = record.find(workflow, name) === undefined;
      await start(workflow, name, input);
      if (isNew && workflow === running) await states.start(workflow, name, input);
    },
    async wake(taskToken) {
      await states.act('SendTaskSuccess', { taskToken, output: '{}' }).catch(ignoring('TaskTimedOut'));
    },
    async stop(workflow, name, cause) {
      if (workflow !== running) return stop(workflow, name, cause);
      const executionArn = states.arnOf(workflow, name);
      await states
        .act('StopExecution', { executionArn, error: 'Cancelled', cause })
        .catch(ignoring('ExecutionDoesNotExist'));
    },
    async state(workflow, name) {
      if (workflow !== running) return state(workflow, name);
      if (record.find(workflow, name) === undefined) return undefined;
      const { status } = await states.describe(states.arnOf(workflow, name));
      if (status === 'RUNNING') return 'running';
      if (status === 'SUCCEEDED') return 'succeeded';
      return status === 'FAILED' || died.has(name) ? 'died' : 'stopped';
    },
  } satisfies Workflows);
}
