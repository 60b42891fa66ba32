/** Tags of images on ECR: the manifest that is there is put once more, under another tag. */
import { BatchGetImageCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { MANIFEST_TYPES } from '../domain/image/stored.ts';
import type { ImageTags } from '../domain/ports/image-tags.ts';
import { asRegistryError } from './ecr-errors.ts';

export function ecrImageTags(ecr = new ECRClient()): ImageTags {
  return {
    async tag(repositoryName, imageDigest, imageTag) {
      return asRegistryError(`tag ${repositoryName}@${imageDigest} with ${imageTag}`, async () => {
        try {
          const { images } = await ecr.send(
            new BatchGetImageCommand({
              repositoryName,
              imageIds: [{ imageDigest }],
              acceptedMediaTypes: [...MANIFEST_TYPES],
            }),
          );
          const { imageManifest, imageManifestMediaType } = images?.[0] ?? {};
          if (imageManifest === undefined) return 'absent';
          await ecr.send(
            new PutImageCommand({
              repositoryName,
              imageManifest,
              imageManifestMediaType,
              imageTag,
              imageDigest,
            }),
          );
          return 'tagged';
        } catch (error) {
          const outcome = error instanceof Error ? OUTCOMES[error.name] : undefined;
          if (outcome === undefined) throw error;
          return outcome;
        }
      });
    },
  };
}

/** ECR API reference, PutImage: the same digest under the same tag, and an immutable tag of another image. */
const OUTCOMES: Readonly<Record<string, 'tagged' | 'taken' | 'absent' | undefined>> = {
  ImageAlreadyExistsException: 'tagged',
  ImageTagAlreadyExistsException: 'taken',
  RepositoryNotFoundException: 'absent',
};
