/** Who makes which type of resource. */
import type { ResourceProvider, Service } from '../service.ts';
import { CustomResources } from './custom-resources.ts';
import { inertReason, inertResource } from './inert-types.ts';
import type { Account } from './parameters.ts';
import { TemplateError } from './template.ts';

/**
 * A service that offers the type comes first, then custom resources, then the types that do nothing locally.
 * @returns throws TemplateError for a type that nobody makes
 */
export function providers(
  services: Iterable<Service>,
  customResources: CustomResources,
  { accountId, region }: Account,
): (type: string) => ResourceProvider {
  const byType = new Map<string, ResourceProvider>();
  for (const { name, resources = {} } of services) {
    for (const [type, provider] of Object.entries(resources)) {
      if (byType.has(type)) throw new Error(`${name} makes ${type}, and so does another service.`);
      byType.set(type, provider);
    }
  }
  return (type) => {
    const provider = byType.get(type);
    if (provider !== undefined) return provider;
    if (inertReason(type) !== undefined) return (request) => inertResource(request, accountId, region);
    if (CustomResources.handles(type)) return (request) => customResources.make(request);
    throw new TemplateError(
      `the embedded cloud does not know the resource type ${type}. Nothing was made for it.`,
    );
  };
}
