/** An environment as people read it. */
import type { Environment } from '../api/resources.ts';
import { moment } from '../terminal/format.ts';
import { fields } from '../terminal/table.ts';
import { ruleLines } from './rules.ts';

function healthyStatuses({ health_status: statuses, health_follow: follow }: Environment): string {
  const text = statuses.length === 0 ? '200 to 299' : statuses.join(', ');
  return follow ? `${text}, after redirects` : text;
}

export function environmentText(environment: Environment): string {
  const { target } = environment;
  const variables = Object.entries(environment.variables).map(([name, value]) => `${name}=${value}`);
  return fields([
    ['environment', environment.name],
    ['project', environment.project_id],
    ['function', target.function_name],
    ['runtime', `${target.runtime}, ${target.handler}, ${target.architecture}`],
    ['limits', `${target.memory_mb} MB, ${target.timeout_seconds}s`],
    ['service', environment.service],
    ['health path', environment.health_path],
    ['healthy statuses', healthyStatuses(environment)],
    ['variables', variables.join('\n') || undefined],
    ...ruleLines(environment),
    ['release', environment.current_release_id ?? 'none'],
    ['deployment', environment.active_deployment_id ?? environment.current_deployment_id],
    ['waiting', environment.waiting_deployment_ids.join('\n') || undefined],
    ['url', environment.url],
    ['updated', moment(environment.updated_at)],
  ]);
}
