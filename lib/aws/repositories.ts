/** Repositories of the installation's own registry, by the services that they belong to. */
import { DeleteRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { InstallationRegistry, RegistryTarget } from '../domain/ports/registry.ts';
import { asRegistryError, undefinedOn } from './ecr-errors.ts';
import { setting } from './settings.ts';

export function repositoryNameOf(prefix: string, { projectSlug, service }: RegistryTarget): string {
  return `${prefix}/${projectSlug}/${service}`;
}

/** For whoever only removes them: it needs no role that pushes. */
export function ecrRepositories({
  ecr = new ECRClient(),
  prefix = setting('STAITHE_REGISTRY_PREFIX'),
}: {
  ecr?: ECRClient;
  prefix?: string;
} = {}): Pick<InstallationRegistry, 'removeRepository'> {
  return {
    async removeRepository(target) {
      const repositoryName = repositoryNameOf(prefix, target);
      await asRegistryError(`remove the repository ${repositoryName}`, () =>
        undefinedOn('RepositoryNotFoundException', () =>
          ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true })),
        ),
      );
    },
  };
}
