/** Images on ECR, looked at: for whoever needs no role that pushes or pulls. */
import {
  BatchGetImageCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
} from '@aws-sdk/client-ecr';
import { type ImageReader, MANIFEST_TYPES, storedImage } from '../domain/image/stored.ts';
import type { Images } from '../domain/ports/images.ts';
import { asRegistryError, undefinedOn } from './ecr-errors.ts';
import { fetchDocument } from './oci-documents.ts';
import { repositoryNameOf } from './repositories.ts';
import { setting } from './settings.ts';

/** What one BatchGetImage takes (API reference: imageIds). */
const BATCH = 100;

export function ecrImages({
  ecr = new ECRClient(),
  prefix = setting('STAITHE_REGISTRY_PREFIX'),
}: {
  ecr?: ECRClient;
  prefix?: string;
} = {}): Images {
  return {
    async find(target, digest) {
      const repositoryName = repositoryNameOf(prefix, target);
      return asRegistryError(`read ${repositoryName}@${digest}`, async () => {
        const [stored, repository] = await Promise.all([
          storedImage(imageReader(ecr, repositoryName), digest),
          repositoryUri(ecr, repositoryName),
        ]);
        return stored && repository !== undefined ? { ...stored, repository } : undefined;
      });
    },

    async missing(repository, digests) {
      const batches = Array.from({ length: Math.ceil(digests.length / BATCH) }, (_, at) =>
        digests.slice(at * BATCH, (at + 1) * BATCH),
      );
      const missing = await Promise.all(
        batches.map((batch) =>
          asRegistryError(`read ${repository}`, async () => {
            const held = new Set(
              (await imagesOf(ecr, repository, batch)).map(({ imageId }) => imageId?.imageDigest),
            );
            return batch.filter((digest) => !held.has(digest));
          }),
        ),
      );
      return missing.flat();
    },
  };
}

async function imagesOf(ecr: ECRClient, repositoryName: string, digests: readonly string[]) {
  const got = await undefinedOn('RepositoryNotFoundException', () =>
    ecr.send(
      new BatchGetImageCommand({
        repositoryName,
        imageIds: digests.map((imageDigest) => ({ imageDigest })),
        acceptedMediaTypes: [...MANIFEST_TYPES],
      }),
    ),
  );
  return got?.images ?? [];
}

/** @returns the URI, `<host>/<name>`; undefined when there is none */
export async function repositoryUri(ecr: ECRClient, repositoryName: string): Promise<string | undefined> {
  const described = await undefinedOn('RepositoryNotFoundException', () =>
    ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] })),
  );
  return described?.repositories?.[0]?.repositoryUri;
}

export function imageReader(ecr: ECRClient, repositoryName: string): ImageReader {
  return {
    async manifest(imageDigest) {
      const [image] = await imagesOf(ecr, repositoryName, [imageDigest]);
      const { imageManifest, imageManifestMediaType: mediaType } = image ?? {};
      return imageManifest === undefined || mediaType === undefined
        ? undefined
        : { bytes: Buffer.from(imageManifest), mediaType };
    },
    async blob(layerDigest) {
      const { downloadUrl } = await ecr.send(
        new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }),
      );
      return downloadUrl === undefined ? undefined : fetchDocument(downloadUrl);
    },
  };
}
