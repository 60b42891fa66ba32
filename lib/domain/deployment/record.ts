import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Deployment, isWaiting } from './schema.ts';

export const deployments = collection({
  kind: 'deployment',
  schema: Deployment,
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
