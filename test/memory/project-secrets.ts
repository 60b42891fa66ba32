/** Projects' secrets in memory, with versions that behave as those of Secrets Manager. */
import { type ProjectSecrets, SecretChangeReused } from '../../lib/domain/ports/project-secrets.ts';

interface MemorySecret {
  removed: boolean;
  /** Values by the change that brought them, oldest first. */
  readonly versions: Map<string, string>;
}

export function memoryProjectSecrets(): ProjectSecrets {
  const secrets = new Map<string, MemorySecret>();
  const keyOf = (projectId: string, name: string): string => `${projectId}/${name}`;
  const present = ({ versions }: MemorySecret): string | undefined => [...versions.keys()].at(-1);

  return {
    async put({ projectId, name, value, change }) {
      const key = keyOf(projectId, name);
      const secret = secrets.get(key) ?? { removed: false, versions: new Map() };
      const known = secret.versions.get(change);
      if (known !== undefined && known !== value) throw new SecretChangeReused(name);
      secret.removed = false;
      if (known === undefined) secret.versions.set(change, value);
      secrets.set(key, secret);
      return present(secret) === change;
    },
    async remove(projectId, name) {
      const secret = secrets.get(keyOf(projectId, name));
      if (secret !== undefined) secret.removed = true;
    },
    async names(projectId) {
      const prefix = keyOf(projectId, '');
      return [...secrets]
        .filter(([key, { removed }]) => key.startsWith(prefix) && !removed)
        .map(([key]) => key.slice(prefix.length));
    },
    async readMany(projectId, names) {
      const values = new Map<string, string>();
      for (const name of names) {
        const secret = secrets.get(keyOf(projectId, name));
        const value =
          secret === undefined || secret.removed ? undefined : secret.versions.get(present(secret) ?? '');
        if (value !== undefined) values.set(name, value);
      }
      return values;
    },
  };
}
