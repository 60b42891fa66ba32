/** The port of long-running work: Step Functions state machines. */

export type WorkflowName = 'build' | 'deployment' | 'trigger';

/** A workflow that is not started or not stopped, for a reason that no repeat mends: no permission, no such state machine. */
export class WorkflowRefused extends Error {
  override readonly name = 'WorkflowRefused';
}

/** A workflow that is not started for the moment, which has been logged: throttling, an outage, a request that timed out. */
export class WorkflowBusy extends Error {
  override readonly name = 'WorkflowBusy';
}

export interface Workflows {
  /**
   * Starts the workflow under this name. A repeat with the same name and input is a no-op.
   * @throws WorkflowRefused | WorkflowBusy; any other error is a fault of ours
   */
  start(workflow: WorkflowName, name: string, input: Record<string, unknown>): Promise<void>;
  /** Wakes an execution that waits with this task token. One that has ended, or was woken before, is no error. */
  wake(token: string): Promise<void>;
  /**
   * How an execution stands: `died` of itself, `stopped` by somebody or by its own time limit; undefined when there is
   * none of this name.
   */
  state(
    workflow: WorkflowName,
    name: string,
  ): Promise<'running' | 'succeeded' | 'died' | 'stopped' | undefined>;
  /** Stops it, and what it waits for. An execution that has ended, or never was, is no error. @throws WorkflowRefused */
  stop(workflow: WorkflowName, name: string, reason: string): Promise<void>;
}
