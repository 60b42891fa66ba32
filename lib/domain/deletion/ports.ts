/** What the removal of a project needs of the world. */
import type { Ports } from '../ports/index.ts';

export type DeletionPorts = Pick<Ports, 'table' | 'workflows' | 'clock'> & {
  readonly blobs: Pick<Ports['blobs'], 'removeAll'>;
  readonly projectSecrets: Pick<Ports['projectSecrets'], 'names' | 'remove'>;
  readonly subscriptionSecrets: Pick<Ports['subscriptionSecrets'], 'remove'>;
  readonly registry: Pick<Ports['registry'], 'removeRepository'>;
};
