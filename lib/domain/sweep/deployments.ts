/**
 * Deployments that nobody works on: admitted ones whose workflow was never started, as when Step Functions had no room, and
 * waiting ones, which may begin by now.
 */
import { beginNext } from '../deployment/begin-next.ts';
import { deployments } from '../deployment/record.ts';
import type { Deployment } from '../deployment/schema.ts';
import { startOrEnd } from '../deployment/start.ts';
import { START_MS } from '../execution/model/time.ts';
import type { Ports } from '../ports/index.ts';
import { Partitions } from '../storage/keys.ts';

const PAGE = 100;
type Needed = Pick<Ports, 'table' | 'workflows' | 'clock'>;

export interface DeploymentFailure {
  readonly deployment_id: string;
  readonly message: string;
}

/** @returns the ids of those that were looked after: started, or ended when that is refused for good */
export async function sweepDeployments(
  ports: Needed,
  hasTime: () => boolean,
): Promise<{ late: string[]; failures: DeploymentFailure[] }> {
  const late: string[] = [];
  const failures: DeploymentFailure[] = [];
  const attempt = async (id: string, act: () => Promise<string | undefined>) => {
    try {
      const started = await act();
      if (started !== undefined) late.push(started);
    } catch (error) {
      failures.push({ deployment_id: id, message: error instanceof Error ? error.message : String(error) });
    }
  };
  for await (const deployment of unstarted(ports)) {
    if (!hasTime()) return { late, failures };
    await attempt(deployment.id, async () => {
      await startOrEnd(ports, deployment.id);
      return deployment.id;
    });
  }
  const seen = new Set<string>();
  for await (const { id, project_id: projectId, environment } of waiting(ports)) {
    if (!hasTime()) break;
    // All that wait for an environment are looked at together.
    const name = `${projectId}/${environment}`;
    if (seen.has(name)) continue;
    seen.add(name);
    await attempt(id, async () => (await beginNext(ports, projectId, environment))?.id);
  }
  return { late, failures };
}

/** Admitted a while ago, and not begun. */
async function* unstarted({ table, clock }: Needed): AsyncGenerator<Deployment> {
  const now = clock.now().getTime();
  const options = { limit: PAGE, of: 'gsi2' } as const;
  for await (const page of deployments.pages(table, Partitions.pendingDeployments, options))
    for (const deployment of page)
      if (now - Date.parse(deployment.admitted_at ?? deployment.created_at) >= START_MS) yield deployment;
}

/**
 * Those that wait: what they wait for may have come with time, or unheard of. To look at one costs a few reads a minute,
 * $0.002 a day.
 */
async function* waiting({ table }: Needed): AsyncGenerator<Deployment> {
  const options = { limit: PAGE, of: 'gsi2' } as const;
  for await (const page of deployments.pages(table, Partitions.waitingDeployments, options)) yield* page;
}
