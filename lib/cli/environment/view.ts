import type { Environment } from '../resources.ts';
import { moment } from '../terminal/format.ts';
import { type Column, fields } from '../terminal/table.ts';

export const environmentColumns: readonly Column<Environment>[] = [
  { title: 'name', value: (environment) => environment.name },
  { title: 'function', value: (environment) => environment.target.function_name },
  { title: 'service', value: (environment) => environment.service },
  { title: 'release', value: (environment) => environment.current_release_id },
  { title: 'url', value: (environment) => environment.preview_url },
];

function healthyText({ health_status: right, health_follow: follow }: Environment): string {
  const statuses = right.length === 0 ? '200 to 299' : right.join(', ');
  return follow ? `${statuses}, redirects followed` : statuses;
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
    ['healthy', healthyText(environment)],
    ['variables', variables.join('\n') || undefined],
    ['release', environment.current_release_id ?? 'none yet'],
    ['deployment', environment.active_deployment_id ?? environment.current_deployment_id],
    ['url', environment.preview_url],
    ['updated', moment(environment.updated_at)],
  ]);
}
