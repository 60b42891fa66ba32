/** Long-running work in memory: it is started and stopped here, and a test runs the steps. */
import type { WorkflowName, Workflows } from '../../lib/domain/ports/workflows.ts';

export interface Execution {
  readonly workflow: WorkflowName;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  status: 'running' | 'succeeded' | 'failed' | 'stopped';
  /** Why it was stopped. */
  reason?: string;
}

export interface MemoryWorkflows extends Workflows {
  readonly executions: readonly Execution[];
  /** Task tokens that were woken, oldest first; a token may come twice. */
  readonly woken: string[];
  /** Set to make every start fail with it, until it is taken away. */
  refusal: Error | undefined;
  find(workflow: WorkflowName, name: string): Execution | undefined;
  /**
   * Runs the steps of every running execution of the workflow, one after the other, those that the steps start too.
   * An execution whose steps throw has failed; it is for the test to tell whoever listens to that.
   */
  run(workflow: WorkflowName, steps: (execution: Execution) => Promise<void>): Promise<void>;
}

export function memoryWorkflows(): MemoryWorkflows {
  const executions: Execution[] = [];
  const self: MemoryWorkflows = {
    executions,
    woken: [],
    refusal: undefined,
    find: (workflow, name) =>
      executions.find((execution) => execution.workflow === workflow && execution.name === name),
    async start(workflow, name, input) {
      if (self.refusal !== undefined) throw self.refusal;
      // A name is good for one execution, also after its end.
      if (self.find(workflow, name) === undefined)
        executions.push({ workflow, name, input: structuredClone(input), status: 'running' });
    },
    async wake(token) {
      self.woken.push(token);
    },
    async state(workflow, name) {
      const status = self.find(workflow, name)?.status;
      return status === 'failed' ? 'died' : status;
    },
    async stop(workflow, name, reason) {
      const execution = self.find(workflow, name);
      if (execution?.status === 'running') Object.assign(execution, { status: 'stopped', reason });
    },
    async run(workflow, steps) {
      for (const execution of executions) {
        if (execution.workflow !== workflow || execution.status !== 'running') continue;
        const outcome = await steps(execution).then(
          () => 'succeeded' as const,
          () => 'failed' as const,
        );
        // The steps may have had it stopped.
        if (self.find(workflow, execution.name)?.status === 'running') execution.status = outcome;
      }
    },
  };
  return self;
}
