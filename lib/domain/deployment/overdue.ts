/** What to do with a deployment that stands in the way of the next: it may have been left behind by a crash. */
import { environments } from '../environment/record.ts';
import type { Environment } from '../environment/schema.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { WorkflowBusy, WorkflowRefused } from '../ports/workflows.ts';
import type { Stored } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { end } from './end.ts';
import { deployments } from './record.ts';
import { type Deployment, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';
import { OVERDUE_MS } from './time.ts';

/**
 * Frees the environment of a deployment that nobody works on any more, and starts again one that was recorded and
 * perhaps never started. So no crash between two writes, and no event that was lost, can lock an environment for ever.
 * @returns the environment as it is now; it still names a deployment that is under way
 */
export async function releaseOverdue(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  stored: Stored<Environment>,
): Promise<Stored<Environment>> {
  const { active_deployment_id: id, project_id: projectId, name } = stored.value;
  const active = id === undefined ? undefined : await deployments.get(ports.table, Keys.deployment(id));
  if (active === undefined) return stored;
  if (isFinal(LIFECYCLE, active.value.status) || isOverdue(active.value, ports.clock.now()))
    await end(ports, active.value.id, {
      status: 'failed',
      error: {
        message: 'The workflow of this deployment ended without a result.',
        hint: 'Check which version the alias points to; the next deployment moves it.',
      },
    });
  else if (active.value.status !== 'pending' || (await startOverdue(ports, active.value.id))) return stored;
  return (await environments.get(ports.table, Keys.environment(projectId, name))) ?? stored;
}

/**
 * Starts it: under the same name and input that is a no-op for one that was started (Step Functions, "StartExecution"). One
 * whose start is refused for good ends with the reason, as it does where it was asked for; one that is not started for
 * the moment goes on waiting.
 * @returns false when it has ended
 */
export async function startOverdue(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  id: string,
): Promise<boolean> {
  try {
    await ports.workflows.start('deployment', id, { deployment_id: id });
    return true;
  } catch (error) {
    if (error instanceof WorkflowBusy) return true;
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

function isOverdue(deployment: Deployment, now: Date): boolean {
  return now.getTime() - Date.parse(deployment.started_at ?? deployment.created_at) > OVERDUE_MS;
}
