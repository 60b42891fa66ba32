/** An environment as people read it. */
import type { Environment } from '../api/resources.ts';
import { moment } from '../terminal/format.ts';
import { fields } from '../terminal/table.ts';
import { healthLines } from './health.ts';
import { ruleLines } from './rules.ts';
import { testLines } from './targets/command.ts';
import { targetLines } from './targets/index.ts';

const ownerText = (owner: Environment['owner']): string =>
  owner.kind === 'manifest' && owner.build !== undefined
    ? `manifest of ${owner.commit ?? owner.build}`
    : owner.kind;

export function environmentText(environment: Environment): string {
  const { target } = environment;
  const variables = Object.entries(environment.variables).map(([name, value]) => `${name}=${value}`);
  return fields([
    ['environment', environment.name],
    ['project', environment.project_id],
    ['owner', ownerText(environment.owner)],
    ...targetLines(target),
    ['service', environment.service],
    ...healthLines(environment),
    ...testLines(environment.test),
    ['variables', variables.join('\n') || undefined],
    ...ruleLines(environment),
    ['release', environment.current_release_id ?? 'none'],
    ['deployment', environment.active_deployment_id ?? environment.current_deployment_id],
    ['waiting', environment.waiting_deployment_ids.join('\n') || undefined],
    ['url', environment.url],
    ['updated', moment(environment.updated_at)],
  ]);
}
