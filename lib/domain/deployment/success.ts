/** Where a release has succeeded, and since when: by what environments go that come `after` others. */
import type { Item, Write } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import type { Deployment } from './schema.ts';

/**
 * The writes with the end of a deployment that succeeded. One that is deployed once more begins to soak once more: its
 * configuration may be another one.
 * @param replaced the release that served before, when this deployment takes it back: it has proved nothing
 */
export function recordSuccess(deployment: Deployment, at: Date, replaced: string | undefined): Write[] {
  const { project_id: projectId, environment, release_id: releaseId, id } = deployment;
  const success: Write = {
    put: {
      ...Keys.success(projectId, environment, releaseId),
      entity: 'success',
      revision: 1,
      deployment_id: id,
      since: at.toISOString(),
    },
    when: { any: true },
  };
  const isTakenBack = deployment.restores !== undefined && replaced !== undefined && replaced !== releaseId;
  return isTakenBack
    ? [success, { remove: Keys.success(projectId, environment, replaced), when: { any: true } }]
    : [success];
}

export const sinceIn = (item: Item | undefined): Date | undefined =>
  typeof item?.since === 'string' ? new Date(item.since) : undefined;
