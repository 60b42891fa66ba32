import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Deployment, isWaiting } from './schema.ts';

/** Of an earlier version: names that have changed, and the traffic, which came all at once. */
function upgraded(item: unknown): unknown {
  const { function_version, preview_url, stage, ...rest }: Record<string, unknown> = { ...Object(item) };
  const traffic = stage === 'moving traffic' || stage === 'checking' ? { percent: 100 } : undefined;
  return {
    traffic,
    target_version: function_version,
    ...rest,
    stage,
    ...(preview_url !== undefined && { url: preview_url, preview_url }),
  };
}

export const deployments = collection({
  kind: 'deployment',
  schema: z.preprocess(upgraded, Deployment),
  key: (deployment) => Keys.deployment(deployment.id),
  index: (deployment) => ({
    gsi1pk: Partitions.deployments(deployment.project_id, deployment.environment),
    gsi1sk: deployment.id,
  }),
  environmentOf: ({ environment }) => environment,
  second: (deployment) => {
    const { id, status, admitted_at: admitted } = deployment;
    if (status !== 'pending' && !isWaiting(status)) return undefined;
    const isAdmitted = status === 'pending' || admitted !== undefined;
    const gsi2pk = isAdmitted ? Partitions.pendingDeployments : Partitions.waitingDeployments;
    return { gsi2pk, gsi2sk: id };
  },
});
