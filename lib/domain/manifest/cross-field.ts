/** Validation across fields: combinations that are invalid though each field is valid, reported at the field to remove. */
import { isMachineTypeName, MACHINE_TYPES } from '../machine.ts';
import type { Step } from './position.ts';

export interface CrossFieldIssue {
  readonly path: readonly Step[];
  readonly message: string;
}

/** What is compared of a service; written out, as the schema itself is made with these checks. */
interface ServiceFields {
  readonly dockerfile?: string | undefined;
  readonly image?: string | undefined;
  readonly build_args: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly { readonly name: string }[];
  readonly timeout: number;
  readonly resources: { readonly compute?: string | undefined };
  readonly context: string;
  readonly cache: readonly { readonly key: readonly string[] }[];
}

export function validateFields(service: ServiceFields): CrossFieldIssue[] {
  return [
    ...imageIssues(service),
    ...computeIssues(service),
    ...variableIssues(service),
    ...cacheKeyIssues(service),
  ];
}

function imageIssues({ dockerfile, image, build_args }: ServiceFields): CrossFieldIssue[] {
  if (dockerfile !== undefined) return [];
  const needless = [
    ...(image === undefined ? [] : ['image']),
    ...(Object.keys(build_args).length === 0 ? [] : ['build_args']),
  ];
  return needless.map((field) => ({
    path: [field],
    message: 'needs a dockerfile in the service: add dockerfile, or omit it',
  }));
}

function computeIssues({ dockerfile, timeout, resources: { compute } }: ServiceFields): CrossFieldIssue[] {
  if (compute === undefined || !isMachineTypeName(compute)) return [];
  const { images, longestSeconds } = MACHINE_TYPES[compute];
  const path = ['resources', 'compute'];
  if (dockerfile !== undefined && !images)
    return [
      {
        path,
        message: `has no Docker, and the service has a dockerfile: choose small or larger, or omit it`,
      },
    ];
  if (timeout > longestSeconds)
    return [
      {
        path,
        message: `ends a job after ${longestSeconds / 60} minutes, and the service's timeout is longer: shorten it, or choose small or larger`,
      },
    ];
  return [];
}

function variableIssues({ env, secrets }: ServiceFields): CrossFieldIssue[] {
  return secrets.flatMap(({ name }, index) =>
    Object.hasOwn(env, name)
      ? [
          {
            path: ['secrets', index],
            message: `'${name}' is a variable in env too: remove one of the two`,
          },
        ]
      : [],
  );
}

/** A key's file is one of the source: no more steps up than the context has folders. */
function cacheKeyIssues({ context, cache }: ServiceFields): CrossFieldIssue[] {
  const depth = context.split('/').filter((name) => name !== '' && name !== '.').length;
  // A field with a mistake of its own is still as it was written.
  const listed = <Member>(list: readonly Member[]): readonly Member[] => (Array.isArray(list) ? list : []);
  return listed(cache).flatMap(({ key }, at) =>
    listed(key).flatMap((glob, index) => {
      const up = (/^!?((?:\.\.\/)*)/.exec(String(glob))?.[1]?.length ?? 0) / '../'.length;
      if (up <= depth) return [];
      const message = `leads out of the source: the context '${context}' is ${depth} folder${depth === 1 ? '' : 's'} below its root`;
      return [{ path: ['cache', at, 'key', index], message }];
    }),
  );
}

interface ManifestFields {
  readonly services: Readonly<Record<string, { readonly image?: string | undefined }>>;
  readonly registry: string | { readonly host: string };
}

export function validateManifestFields(manifest: ManifestFields): CrossFieldIssue[] {
  return registryIssues(manifest);
}

function registryIssues({ services, registry }: ManifestFields): CrossFieldIssue[] {
  return Object.entries(services).flatMap(([name, { image }]) => {
    if (image === undefined) return [];
    const path = ['services', name, 'image'];
    if (registry === 'none')
      return [{ path, message: 'specifies where to push, but the registry is none: remove one of the two' }];
    const host = hostIn(image);
    const registryHost = typeof registry === 'string' ? undefined : registry.host.split('/')[0];
    if (host !== undefined && registryHost !== undefined && host !== registryHost)
      return [
        {
          path,
          message: `has the host ${host}, but the registry is ${registryHost}, and its credentials are only for ${registryHost}`,
        },
      ];
    return [];
  });
}

/** The first part of a reference is a host when it has a dot or a port, or is localhost (distribution/reference, `splitDockerDomain`). */
function hostIn(image: string): string | undefined {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : undefined;
}
