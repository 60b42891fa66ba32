/** Deployments whose workflow was never started, as when Step Functions had no room: they are started. */
import { startOverdue } from '../deployment/overdue.ts';
import { deployments } from '../deployment/record.ts';
import { START_MS } from '../execution/model/time.ts';
import type { Ports } from '../ports/index.ts';
import { Partitions } from '../storage/keys.ts';

const PAGE = 100;

export interface DeploymentFailure {
  readonly deployment_id: string;
  readonly message: string;
}

/** @returns the ids of those that were looked after: started, or ended when that is refused for good */
export async function sweepDeployments(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  hasTime: () => boolean,
): Promise<{ late: string[]; failures: DeploymentFailure[] }> {
  const now = ports.clock.now().getTime();
  const late: string[] = [];
  const failures: DeploymentFailure[] = [];
  const options = { limit: PAGE, of: 'gsi2' } as const;
  for await (const page of deployments.pages(ports.table, Partitions.pendingDeployments, options))
    for (const { id, status, created_at: created } of page) {
      if (!hasTime()) return { late, failures };
      if (status !== 'pending' || now - Date.parse(created) < START_MS) continue;
      try {
        await startOverdue(ports, id);
        late.push(id);
      } catch (error) {
        failures.push({ deployment_id: id, message: error instanceof Error ? error.message : String(error) });
      }
    }
  return { late, failures };
}
