/**
 * Image manifests and indexes, of Docker (schema 2) and OCI
 * (https://github.com/opencontainers/image-spec/blob/main/manifest.md, image-index.md).
 */
import { z } from 'zod';

/** ECR's quota "Maximum image manifest size": 4 MiB. */
export const MANIFEST_LIMIT = 4 * 1024 * 1024;

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

export const DIGEST = /^sha256:[0-9a-f]{64}$/;

const Descriptor = z.object({
  mediaType: z.string().optional(),
  digest: z.string().regex(DIGEST, 'is no sha256 digest'),
  size: z.number().int().nonnegative(),
  urls: z.array(z.string()).optional(),
});

const top = {
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  subject: Descriptor.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
};
const ImageManifest = z.object({
  ...top,
  config: Descriptor,
  layers: z.array(Descriptor),
  manifests: z.undefined().optional(),
});
const Index = z.object({ ...top, manifests: z.array(Descriptor), layers: z.undefined().optional() });

export interface Manifest {
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  /** What has to be in the repository as layers: the configuration and all layers that are not fetched elsewhere. */
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
  /** What has to be in the repository as images. */
  readonly images: readonly string[];
  /** What this one is attached to; it need not be there. */
  readonly subject: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

export class ManifestInvalid extends Error {
  override readonly name = 'ManifestInvalid';
}

/**
 * @param mediaType as the client declares it; without it the manifest's own
 * @throws ManifestInvalid, with what is wrong
 */
export function parseManifest(bytes: Uint8Array, mediaType: string | undefined): Manifest {
  const document = parseJson(bytes);
  const own = z.looseObject({ mediaType: z.string().optional() }).safeParse(document).data?.mediaType;
  const declared = mediaType === undefined || mediaType === 'application/json' ? own : mediaType;
  if (own !== undefined && declared !== own)
    throw new ManifestInvalid(`The manifest is a ${own}, and was sent as ${declared}.`);
  switch (declared ?? OCI_MANIFEST) {
    case OCI_INDEX:
    case DOCKER_LIST: {
      const index = checked(Index, document);
      return {
        mediaType: declared ?? OCI_INDEX,
        artifactType: index.artifactType,
        layers: [],
        images: index.manifests.map(({ digest }) => digest),
        subject: index.subject?.digest,
        annotations: index.annotations,
      };
    }
    case OCI_MANIFEST:
    case DOCKER_MANIFEST: {
      const image = checked(ImageManifest, document);
      return {
        mediaType: declared ?? OCI_MANIFEST,
        artifactType: image.artifactType ?? image.config.mediaType,
        // A layer with URLs is one that may not be distributed; clients fetch it there.
        layers: [image.config, ...image.layers.filter(({ urls = [] }) => urls.length === 0)],
        images: [],
        subject: image.subject?.digest,
        annotations: image.annotations,
      };
    }
    default:
      throw new ManifestInvalid(`Manifests of the type ${declared} are not supported.`);
  }
}

function checked<S extends z.ZodType>(schema: S, document: unknown): z.infer<S> {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new ManifestInvalid(z.prettifyError(result.error));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ManifestInvalid('The manifest is not JSON.');
  }
}
