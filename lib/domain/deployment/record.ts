import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Deployment } from './schema.ts';

export const deployments = collection({
  kind: 'deployment',
  schema: Deployment,
  key: (deployment) => Keys.deployment(deployment.id),
  index: (deployment) => ({
    gsi1pk: Partitions.deployments(deployment.project_id, deployment.environment),
    gsi1sk: deployment.id,
  }),
  environmentOf: ({ environment }) => environment,
  second: (deployment) =>
    deployment.status === 'pending'
      ? { gsi2pk: Partitions.pendingDeployments, gsi2sk: deployment.id }
      : undefined,
});
