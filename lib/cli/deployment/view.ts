import { lastLines } from '../follow/deployment.ts';
import type { Deployment } from '../resources.ts';
import { moment, took } from '../terminal/format.ts';
import { status } from '../terminal/style.ts';
import { type Column, fields } from '../terminal/table.ts';

export const deploymentColumns: readonly Column<Deployment>[] = [
  { title: 'id', value: (deployment) => deployment.id },
  { title: 'environment', value: (deployment) => deployment.environment },
  { title: 'status', value: (deployment) => deployment.status, style: status },
  { title: 'release', value: (deployment) => deployment.release_id },
  { title: 'service', value: (deployment) => deployment.service },
  { title: 'took', value: took },
  { title: 'created', value: (deployment) => moment(deployment.created_at) },
];

export function deploymentText(deployment: Deployment): string {
  return fields([
    ['deployment', deployment.id],
    ['environment', deployment.environment],
    ['project', deployment.project_id],
    ['status', deployment.status, status],
    ['stage', deployment.stage],
    ['release', deployment.release_id],
    ['service', deployment.service],
    ['artifact', deployment.artifact_id],
    ['digest', deployment.digest],
    ['function', deployment.target.function_name],
    ['version', deployment.function_version],
    ['before', deployment.previous_version],
    ['took', took(deployment)],
    ['error', deployment.error?.message],
    ['log', lastLines(deployment).join('\n') || undefined],
    ['hint', deployment.error?.hint],
    ['url', deployment.preview_url],
    ['created', `${moment(deployment.created_at)} by ${deployment.created_by}`],
  ]);
}
