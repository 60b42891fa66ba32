/** Secrets of subscriptions in memory, with the versions of Parameter Store. */
import type { SubscriptionSecrets } from '../../lib/domain/ports/subscription-secrets.ts';

export interface MemorySubscriptionSecrets extends SubscriptionSecrets {
  /** Ids of the subscriptions that have one. */
  ids(): string[];
}

export function memorySubscriptionSecrets(): MemorySubscriptionSecrets {
  const values = new Map<string, string[]>();
  return {
    ids: () => [...values.keys()],
    async put(id, value) {
      const versions = [...(values.get(id) ?? []), value];
      values.set(id, versions);
      return versions.length;
    },
    read: async (id, version) => values.get(id)?.[version - 1],
    async remove(id) {
      values.delete(id);
    },
  };
}
