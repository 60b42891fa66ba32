/** One request to the registry, read from its path (https://github.com/opencontainers/distribution-spec, "Endpoints"). */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Call } from '../../service.ts';
import { REPOSITORY_NAME } from '../requests.ts';
import { RegistryFailure } from './answer.ts';

/** What a path names. */
export type Endpoint =
  | { readonly kind: 'version' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'download'; readonly ticket: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: string };

export interface RegistryRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The bytes as they arrive; fails when the client goes away before their end. */
  readonly body: Readable;
  readonly call: Call;
}

const PATHS: readonly [RegExp, (name: string, rest: string) => Endpoint][] = [
  [/^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/, (name, id) => ({ kind: 'upload', name, id })],
  [/^\/v2\/(.+)\/blobs\/uploads\/?$/, (name) => ({ kind: 'uploads', name })],
  [/^\/v2\/(.+)\/blobs\/([^/]+)$/, (name, digest) => ({ kind: 'blob', name, digest })],
  [/^\/v2\/(.+)\/manifests\/([^/]+)$/, (name, reference) => ({ kind: 'manifest', name, reference })],
  [/^\/v2\/(.+)\/tags\/list$/, (name) => ({ kind: 'tags', name })],
  [/^\/v2\/(.+)\/referrers\/([^/]+)$/, (name, digest) => ({ kind: 'referrers', name, digest })],
];

/** @throws RegistryFailure `NAME_INVALID`; 404 for a path that is none of the API's */
export function endpointOf(path: string): Endpoint {
  if (path === '/v2' || path === '/v2/') return { kind: 'version' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  const ticket = /^\/download\/([\w-]+)$/.exec(path)?.[1];
  if (ticket !== undefined) return { kind: 'download', ticket };
  for (const [pattern, make] of PATHS) {
    const [, name, rest = ''] = pattern.exec(path) ?? [];
    if (name === undefined) continue;
    if (REPOSITORY_NAME.test(name)) return make(name, decoded(rest));
    throw new RegistryFailure('NAME_INVALID', `'${name}' is no name of a repository`, 400);
  }
  throw new RegistryFailure('UNSUPPORTED', `The registry has nothing at ${path}`, 404);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RegistryFailure('UNSUPPORTED', `The path has a wrong percent-encoding: ${text}`, 400);
  }
}
