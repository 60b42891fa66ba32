/** Which variables a function had when it printed what is shown: each version keeps those that it was published with. */

import type { Environment } from '../environment/schema.ts';
import type { Table } from '../ports/table.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { deployments } from './record.ts';

const PAGE = 20;
/** A hundred deployments: more than one page of a log has lines of. */
const MAX_PAGES = 5;

/**
 * Those of the environment, of the deployment that serves, and of all deployments from the newest back to one that
 * served before these lines, also of those that were rolled back: their versions have printed, too.
 * @param oldest when the first of the lines was printed, in milliseconds since the epoch
 */
export async function variablesSince(
  table: Table,
  environment: Environment,
  oldest: number,
): Promise<Readonly<Record<string, string>>[]> {
  const { project_id: projectId, name, current_deployment_id: current } = environment;
  const partitions = [Partitions.deployments(projectId, name)];
  const found = [environment.variables];
  let hasCurrent = current === undefined;
  let cursor: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { items, next_cursor: more } = await deployments.newestOf(table, 'deployment', partitions, {
      limit: PAGE,
      cursor,
    });
    found.push(...items.map(({ variables }) => variables));
    hasCurrent ||= items.some(({ id }) => id === current);
    const served = items.some(
      ({ status, completed_at: at }) => status === 'succeeded' && at !== undefined && Date.parse(at) < oldest,
    );
    if (served || more === null) break;
    cursor = more;
  }
  const serving =
    hasCurrent || current === undefined ? undefined : await deployments.get(table, Keys.deployment(current));
  return serving === undefined ? found : [...found, serving.value.variables];
}
