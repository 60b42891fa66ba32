/** Starts the workflow of a deployment that may begin. */
import type { Ports } from '../ports/index.ts';
import { WorkflowBusy, WorkflowRefused } from '../ports/workflows.ts';
import { end } from './end.ts';

type Needed = Pick<Ports, 'table' | 'workflows' | 'clock'>;

/**
 * Under the same name and input that is a no-op for one that was started (Step Functions, "StartExecution"). What fails for
 * the moment, the sweep starts (lib/domain/sweep).
 * @throws WorkflowRefused for a reason that no repeat mends; the deployment has not ended by it
 */
export async function startWorkflow(ports: Pick<Ports, 'workflows'>, id: string): Promise<void> {
  try {
    await ports.workflows.start('deployment', id, { deployment_id: id });
  } catch (error) {
    if (!(error instanceof WorkflowBusy)) throw error;
  }
}

/**
 * Starts it; one whose start is refused for good ends with the reason.
 * @returns false when it has ended
 */
export async function startOrEnd(ports: Needed, id: string): Promise<boolean> {
  try {
    await startWorkflow(ports, id);
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowRefused)) throw error;
    await end(ports, id, {
      status: 'failed',
      error: {
        message: `The deployment workflow could not be started: ${error.message}`,
        hint: 'Redeploy the stack: its state machine or a permission differs from the template.',
      },
    });
    return false;
  }
}
