/** From a deployment to its target: the adapter of its kind, and what goes there. */
import type { Ports } from '../ports/index.ts';
import type { TargetAdapter, TargetRelease } from '../ports/targets.ts';
import { BlobKeys } from '../storage/keys.ts';
import type { Target } from '../target/index.ts';
import { hexOf } from '../values.ts';
import { commandTarget } from './jobs/command.ts';
import type { JobPorts } from './jobs/start.ts';
import type { Deployment } from './schema.ts';

/** Each kind of target has a port. */
export type TargetPorts = Pick<Ports, 'functions' | 'processes' | 'sites'> & JobPorts;

function adapterOf(ports: TargetPorts, { kind }: Target): TargetAdapter {
  switch (kind) {
    case 'lambda':
      return ports.functions;
    case 'process':
      return ports.processes;
    case 'static':
      return ports.sites;
    case 'command':
      return commandTarget(ports);
  }
}

export interface Destination {
  readonly adapter: TargetAdapter;
  readonly release: TargetRelease;
}

export const destinationOf = (ports: TargetPorts, deployment: Deployment): Destination => ({
  adapter: adapterOf(ports, deployment.target),
  release: {
    deploymentId: deployment.id,
    projectId: deployment.project_id,
    environment: deployment.environment,
    target: deployment.target,
    variables: deployment.variables,
    artifact: {
      key: BlobKeys.artifact(deployment.project_id, hexOf(deployment.digest)),
      digest: deployment.digest,
      image: deployment.image,
    },
  },
});
