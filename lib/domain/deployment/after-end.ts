/** What follows when a deployment has ended: its release is promoted further, and the next deployment begins. */
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { beginNext } from './begin-next.ts';
import { promote } from './promote.ts';
import { deployments } from './record.ts';

/**
 * Called for each deployment that has ended, by its event. A repeat changes nothing; of an event that is lost, the sweep
 * begins what waits.
 * @throws StaitheError busy
 */
export async function afterEnd(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  id: string,
): Promise<void> {
  const deployment = (await deployments.get(ports.table, Keys.deployment(id)))?.value;
  if (deployment === undefined) return; // deleted, with its project
  const { status, project_id: projectId, environment } = deployment;
  if (status === 'succeeded') await promote(ports, deployment);
  await beginNext(ports, projectId, environment);
}
