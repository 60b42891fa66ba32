/** The port of long-running work: Step Functions state machines. */

export type WorkflowName = 'build' | 'deployment' | 'trigger';

export interface Workflows {
  /** Starts the workflow under this name. A repeat with the same name and input is a no-op. */
  start(workflow: WorkflowName, name: string, input: Record<string, unknown>): Promise<void>;
  /** Stops it, and what it waits for. An execution that has ended, or never was, is no error. */
  stop(workflow: WorkflowName, name: string, reason: string): Promise<void>;
}
