/**
 * What an image is, by the registry's own bytes: a manifest, or an index of manifests, of OCI or Docker
 * (https://github.com/opencontainers/image-spec). Nothing here is the word of whoever built it.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { RegistryError, type StoredImage } from '../ports/registry.ts';

/** What a registry is asked to answer with. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

/** The distribution specification has registries take manifests of 4 MiB; a configuration is of the same kind. */
export const DOCUMENT_MAX_BYTES = 4 * 1024 * 1024;

/** An index of more is no build of ours, and each costs a request. */
const CHILDREN_MAX = 64;

/** Reads documents of one repository; undefined where there is none. */
export interface ImageReader {
  manifest(digest: string): Promise<{ bytes: Uint8Array; mediaType: string } | undefined>;
  /** A small blob, such as a configuration. */
  blob(digest: string): Promise<Uint8Array | undefined>;
}

const Size = z.number().int().nonnegative();
/** The specification's grammar of digests: nothing that could lead a path elsewhere. */
const Digest = z.string().regex(/^[a-z0-9+._-]+:[A-Za-z0-9=_-]{32,}$/, 'is no digest');
const Platform = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });
const Descriptor = z.object({
  mediaType: z.string().optional(),
  digest: Digest,
  size: Size,
  platform: Platform.partial().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) });
const Index = z.object({ manifests: z.array(Descriptor).max(CHILDREN_MAX) });

/** Of these the configuration says on which platform the image runs; other configurations are of other artifacts. */
const IMAGE_CONFIGS: readonly (string | undefined)[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

interface Content {
  /** Digest and size of each blob. */
  readonly blobs: ReadonlyMap<string, number>;
  readonly platforms: readonly string[];
}

/**
 * @returns undefined when the registry does not hold the digest
 * @throws RegistryError when what it holds is not understood, or has another digest
 */
export async function storedImage(
  reader: ImageReader,
  digest: string,
): Promise<Omit<StoredImage, 'tags'> | undefined> {
  const found = await read(reader, digest);
  if (found === undefined) return undefined;
  const index = Index.safeParse(found.document);
  const content = index.success
    ? await contentOfIndex(reader, index.data)
    : await contentOfImage(reader, parsed(Manifest, found.document, `manifest ${digest}`));
  return {
    digest,
    mediaType: found.mediaType,
    sizeBytes: [...content.blobs.values()].reduce((sum, size) => sum + size, 0),
    platforms: [...new Set(content.platforms)].toSorted(),
  };
}

async function contentOfIndex(reader: ImageReader, index: z.infer<typeof Index>): Promise<Content> {
  const images = index.manifests.filter((child) => !isAttestation(child));
  const contents = await Promise.all(
    images.map(async ({ digest, platform }) => {
      const child = await read(reader, digest);
      if (child === undefined)
        throw new RegistryError(`The index names the image ${digest}, which the registry does not hold.`);
      const manifest = parsed(Manifest, child.document, `manifest ${digest}`);
      const known = Platform.safeParse(platform);
      return known.success
        ? { blobs: blobsOf(manifest), platforms: [nameOf(known.data)] }
        : contentOfImage(reader, manifest);
    }),
  );
  return {
    blobs: new Map(contents.flatMap(({ blobs }) => [...blobs])),
    platforms: contents.flatMap(({ platforms }) => platforms),
  };
}

async function contentOfImage(reader: ImageReader, manifest: z.infer<typeof Manifest>): Promise<Content> {
  const { config } = manifest;
  const blobs = blobsOf(manifest);
  if (!IMAGE_CONFIGS.includes(config.mediaType)) return { blobs, platforms: [] };
  if (config.size > DOCUMENT_MAX_BYTES)
    throw new RegistryError(`The image's configuration has ${config.size} bytes, which is no configuration.`);
  const bytes = await reader.blob(config.digest);
  if (bytes === undefined)
    throw new RegistryError(`The registry does not hold the configuration ${config.digest} of the image.`);
  const platform = parsed(Platform, json(verified(bytes, config.digest)), `configuration ${config.digest}`);
  return { blobs, platforms: [nameOf(platform)] };
}

/** What BuildKit says about a build: an entry of no platform (docs.docker.com, "Image attestation storage"). */
function isAttestation({ platform, annotations = {} }: z.infer<typeof Descriptor>): boolean {
  return (
    annotations['vnd.docker.reference.type'] !== undefined ||
    (platform?.os === 'unknown' && platform.architecture === 'unknown')
  );
}

function blobsOf({ config, layers }: z.infer<typeof Manifest>): ReadonlyMap<string, number> {
  return new Map([config, ...layers].map(({ digest, size }) => [digest, size]));
}

function nameOf({ os, architecture, variant }: z.infer<typeof Platform>): string {
  return [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/');
}

async function read(
  reader: ImageReader,
  digest: string,
): Promise<{ document: unknown; mediaType: string } | undefined> {
  const found = await reader.manifest(digest);
  return found && { document: json(verified(found.bytes, digest)), mediaType: found.mediaType };
}

function verified(bytes: Uint8Array, digest: string): Uint8Array {
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (actual === digest) return bytes;
  throw new RegistryError(`The registry gave bytes of the digest ${actual} when asked for ${digest}.`);
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new RegistryError('The registry returned a document that is not JSON.');
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, document: unknown, what: string): z.infer<Schema> {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new RegistryError(`The ${what} is not understood: ${z.prettifyError(result.error)}`);
}
