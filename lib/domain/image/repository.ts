/** Where the image of a service goes, and what it is called there. Pure. */
import { StaitheError } from '../error.ts';
import { isLoopback } from '../loopback.ts';
import type { ExternalRegistry } from '../manifest/schema.ts';
import type { RepositoryAddress } from '../ports/registry.ts';
import { Name } from '../values.ts';

/**
 * The repository in a registry of the project's own. An `image` that is one word stands in place of the service's name; one
 * with slashes is the whole path below the host, so the namespace is left out; one with a host has to name the registry's.
 * @throws StaitheError registry_misconfigured
 */
export function externalRepository(
  registry: ExternalRegistry,
  service: string,
  image: string | undefined,
): RepositoryAddress {
  const [host = '', ...path] = registry.host.split('/');
  const repository = (parts: readonly (string | undefined)[]): RepositoryAddress => ({
    host,
    repository: parts.filter((part) => part !== undefined).join('/'),
    insecure: isLoopback(host),
  });
  const below = path.length === 0 ? undefined : path.join('/');
  if (image === undefined) return repository([below, registry.namespace, service]);
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return repository([below, registry.namespace, image]);
  // What tells a host from a first folder (distribution/reference, "normalize.go").
  const hasHost = /[.:]/.test(first) || first === 'localhost';
  if (!hasHost) return repository([below, image]);
  if (first === host) return repository([rest.join('/')]);
  throw new StaitheError(
    'registry_misconfigured',
    `The image of ${service} is to go to ${first}, but the registry of the manifest is ${host}.`,
    { remedy: `In staithe.yaml, omit the host in 'image', or set registry.host to ${first}.` },
  );
}

/**
 * The last part of a repository's name in the installation's own registry, where each project has its folder.
 * @throws StaitheError registry_misconfigured
 */
export function nativeName(service: string, image: string | undefined): string {
  if (image === undefined) return service;
  if (Name.safeParse(image).success) return image;
  throw new StaitheError(
    'registry_misconfigured',
    `The image of ${service} is to be called '${image}', but in the native registry a name is one word of a-z, 0-9 and -.`,
    {
      remedy: `In staithe.yaml, write image: ${image.split('/').at(-1)?.replaceAll(/[._]+/g, '-')}, or configure a registry of your own.`,
    },
  );
}
