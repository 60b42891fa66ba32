/** Registries in memory. What is pushed is documents and sizes; nothing has layers. */
import { createHash } from 'node:crypto';
import { storedImage } from '../../lib/domain/image/stored.ts';
import type { ImageTags } from '../../lib/domain/ports/image-tags.ts';
import type { Images } from '../../lib/domain/ports/images.ts';
import type { Clock } from '../../lib/domain/ports/index.ts';
import type { InstallationRegistry, OpenRegistry } from '../../lib/domain/ports/registry.ts';
import { RegistryError } from '../../lib/domain/ports/registry.ts';

export interface MemoryRegistry extends InstallationRegistry, ImageTags, Images {
  /** Whether there is such a repository. */
  has(repository: string): boolean;
  /** Puts a small blob, such as an image's configuration. @returns its digest */
  putBlob(repository: string, bytes: string): string;
  /** Removes a manifest, as an image that expires. */
  removeManifest(repository: string, digest: string): void;
  /** Puts a manifest and lets the tags point at it. @returns its digest */
  putManifest(repository: string, manifest: string, mediaType: string, tags?: readonly string[]): string;
  /** Thrown by every call until it is unset. */
  failure: RegistryError | undefined;
}

interface Repository {
  readonly blobs: Map<string, string>;
  readonly manifests: Map<string, { text: string; mediaType: string }>;
  readonly tags: Map<string, string>;
}

/** An hour, as the tokens on AWS. */
const TOKEN_MILLISECONDS = 3_600_000;

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const bytesOf = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : new TextEncoder().encode(text);

export function memoryRegistry(clock: Clock, host = 'registry.test'): MemoryRegistry {
  const repositories = new Map<string, Repository>();
  const repositoryOf = (name: string): Repository => {
    const known = repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
    repositories.set(name, known);
    return known;
  };
  const available = (): void => {
    if (registry.failure !== undefined) throw registry.failure;
  };
  let tokens = 0;

  const registry: MemoryRegistry = {
    failure: undefined,
    async ensureRepository({ projectSlug, service }) {
      available();
      const repository = `staithe/${projectSlug}/${service}`;
      repositoryOf(repository);
      return { host, repository, insecure: false };
    },
    async removeRepository({ projectSlug, service }) {
      available();
      repositories.delete(`staithe/${projectSlug}/${service}`);
    },
    async pullToken(projectSlug) {
      available();
      tokens += 1;
      const expiresAt = new Date(clock.now().getTime() + TOKEN_MILLISECONDS);
      return {
        address: { host, repository: `staithe/${projectSlug}`, insecure: false },
        credential: { username: 'AWS', password: `pull-${tokens}`, expiresAt },
      };
    },
    has: (repository) => repositories.has(repository),
    async token(repository) {
      available();
      tokens += 1;
      const expiresAt = new Date(clock.now().getTime() + TOKEN_MILLISECONDS);
      return { username: 'AWS', password: `push-${repository}-${tokens}`, expiresAt };
    },
    async describe(name, digest) {
      available();
      const { blobs, manifests, tags } = repositories.get(name) ?? {};
      const stored = await storedImage(
        {
          async manifest(wanted) {
            const found = manifests?.get(wanted);
            const bytes = bytesOf(found?.text);
            return found && bytes && { bytes, mediaType: found.mediaType };
          },
          blob: async (wanted) => bytesOf(blobs?.get(wanted)),
        },
        digest,
      );
      const pointing = [...(tags ?? [])].filter(([, target]) => target === digest).map(([tag]) => tag);
      return stored && { ...stored, tags: pointing.toSorted() };
    },
    async find({ projectSlug, service }, digest) {
      const repository = `staithe/${projectSlug}/${service}`;
      const stored = await registry.describe(repository, digest);
      return stored && { ...stored, repository: `${host}/${repository}` };
    },
    async missing(name, digests) {
      available();
      return digests.filter((digest) => repositories.get(name)?.manifests.has(digest) !== true);
    },
    async tag(name, digest, tag) {
      available();
      const { manifests, tags } = repositories.get(name) ?? {};
      if (manifests?.has(digest) !== true) return 'absent';
      const before = tags?.get(tag);
      const isMovable = tag === 'local' || tag.startsWith('local-');
      if (before !== undefined && before !== digest && !isMovable) return 'taken';
      tags?.set(tag, digest);
      return 'tagged';
    },
    removeManifest(repository, digest) {
      repositoryOf(repository).manifests.delete(digest);
    },
    putBlob(repository, bytes) {
      repositoryOf(repository).blobs.set(digestOf(bytes), bytes);
      return digestOf(bytes);
    },
    putManifest(repository, manifest, mediaType, tags = []) {
      const digest = digestOf(manifest);
      repositoryOf(repository).manifests.set(digest, { text: manifest, mediaType });
      for (const tag of tags) repositoryOf(repository).tags.set(tag, digest);
      return digest;
    },
  };
  return registry;
}

/** Opens registries of projects' own; a password of `wrong` opens none. */
export interface MemoryRegistries extends OpenRegistry {
  /** The registry at a host, made on first use. */
  at(host: string): MemoryRegistry;
}

export function memoryRegistries(clock: Clock): MemoryRegistries {
  const byHost = new Map<string, MemoryRegistry>();
  const at = (host: string): MemoryRegistry => {
    const known = byHost.get(host) ?? memoryRegistry(clock, host);
    byHost.set(host, known);
    return known;
  };
  const open: OpenRegistry = ({ host, insecure, username, password }) => {
    const registry = at(host);
    const opened = (): void => {
      if (password === 'wrong') throw new RegistryError(`${host} refused the credentials.`);
    };
    return {
      async ensureRepository(target) {
        return { ...(await registry.ensureRepository(target)), insecure };
      },
      async token(repository) {
        opened();
        return { ...(await registry.token(repository)), username, password };
      },
      async describe(repository, digest) {
        opened();
        return registry.describe(repository, digest);
      },
    };
  };
  return Object.assign(open, { at });
}
