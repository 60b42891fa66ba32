/** Images: put, read, list, describe, delete. */
import { type Action, AwsError } from '../service.ts';
import { type ImageId, imageNotFound } from './errors.ts';
import { ManifestInvalid, parseManifest } from './manifest.ts';
import { putImage } from './put-image.ts';
import * as requests from './requests.ts';
import { paged, parsed } from './requests.ts';
import type { Image } from './schema.ts';
import { authorized, type EcrState } from './state.ts';

type Found = { readonly image: Image } | { readonly failureCode: string; readonly failureReason: string };

export function imageActions(state: EcrState): Record<string, Action> {
  const { cloud, repositories, layers } = state;
  const registryId = cloud.accountId;

  /** By tag or digest; with both, the tag must point at the digest. */
  const find = (repository: string, { imageDigest, imageTag }: ImageId): Found => {
    if (imageDigest === undefined && imageTag === undefined)
      return failure('MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null');
    const tagged = imageTag === undefined ? imageDigest : repositories.tagged(repository, imageTag);
    const image = tagged === undefined ? undefined : repositories.image(repository, imageDigest ?? tagged);
    if (image === undefined) return failure('ImageNotFound', 'Requested image not found');
    return tagged === image.digest
      ? { image }
      : failure('ImageTagDoesNotMatchDigest', 'The image tag does not point at the image digest');
  };
  const tagsOf = ({ repository, digest }: Image) =>
    repositories.tags(repository, digest).map(({ tag }) => tag);
  const inState = (tagStatus: string) => (image: Image) =>
    tagStatus === 'ANY' || tagsOf(image).length > 0 === (tagStatus === 'TAGGED');
  const detail = (image: Image) => {
    const imageTags = tagsOf(image);
    return {
      registryId,
      repositoryName: image.repository,
      imageDigest: image.digest,
      ...(imageTags.length > 0 ? { imageTags } : {}),
      imageSizeInBytes: image.size,
      imagePushedAt: image.pushed / 1000,
      imageManifestMediaType: image.media_type,
      ...(image.artifact_type === null ? {} : { artifactMediaType: image.artifact_type }),
      ...(image.subject === null ? {} : { subjectManifestDigest: image.subject }),
    };
  };

  return {
    PutImage(input, call) {
      const request = parsed(requests.PutImage, input);
      const { repositoryName, imageTag: tag } = request;
      const repository = authorized(state, call, 'PutImage', repositoryName);
      const { image, repeated } = validManifest(() =>
        putImage(state, repository, {
          bytes: Buffer.from(request.imageManifest),
          mediaType: request.imageManifestMediaType,
          tag,
          digest: request.imageDigest,
        }),
      );
      if (repeated) {
        throw new AwsError(
          'ImageAlreadyExistsException',
          `Image with digest '${image.digest}' and tag '${tag ?? 'null'}' already exists in the repository with name '${repositoryName}' in registry with id '${registryId}'`,
        );
      }
      return { image: { registryId, repositoryName, ...manifestOf(image, tag) } };
    },
    BatchGetImage(input, call) {
      const { repositoryName, imageIds } = parsed(requests.BatchGetImage, input);
      authorized(state, call, 'BatchGetImage', repositoryName);
      const results = imageIds.map((imageId) => ({ imageId, ...find(repositoryName, imageId) }));
      return {
        images: results.flatMap((one) =>
          'image' in one
            ? [{ registryId, repositoryName, ...manifestOf(one.image, one.imageId.imageTag) }]
            : [],
        ),
        failures: results.filter((one) => !('image' in one)),
      };
    },
    BatchDeleteImage(input, call) {
      const { repositoryName, imageIds } = parsed(requests.BatchDeleteImage, input);
      authorized(state, call, 'BatchDeleteImage', repositoryName);
      const results = imageIds.map((imageId) => {
        const found = find(repositoryName, imageId);
        if (!('image' in found)) return { imageId, ...found };
        const { digest } = found.image;
        const held = holders(digest, repositoryName);
        const goes = imageId.imageTag === undefined || tagsOf(found.image).length === 1;
        if (goes && held.length > 0) {
          const reason = `Requested image referenced by manifest list: [${held.join(', ')}]`;
          return { imageId, ...failure('ImageReferencedByManifestList', reason) };
        }
        if (imageId.imageTag === undefined) repositories.removeImage(repositoryName, digest);
        else repositories.removeTag(repositoryName, imageId.imageTag);
        return { imageId: { imageDigest: digest, ...imageId } };
      });
      return {
        imageIds: results.flatMap((one) => ('failureCode' in one ? [] : [one.imageId])),
        failures: results.filter((one) => 'failureCode' in one),
      };
    },
    DescribeImages(input, call) {
      const { repositoryName, imageIds, filter, ...request } = parsed(requests.DescribeImages, input);
      authorized(state, call, 'DescribeImages', repositoryName);
      const images =
        imageIds?.map((id) => {
          const found = find(repositoryName, id);
          if ('image' in found) return found.image;
          throw imageNotFound(id, repositoryName, registryId);
        }) ?? repositories.images(repositoryName);
      const { page, ...next } = paged(images.filter(inState(filter.tagStatus)), request);
      return { imageDetails: page.map(detail), ...next };
    },
    ListImages(input, call) {
      const { repositoryName, filter, ...request } = parsed(requests.ListImages, input);
      authorized(state, call, 'ListImages', repositoryName);
      const ids = repositories
        .images(repositoryName)
        .filter(inState(filter.tagStatus))
        .flatMap((image) => {
          const tags = tagsOf(image);
          const imageDigest = image.digest;
          return tags.length === 0 ? [{ imageDigest }] : tags.map((imageTag) => ({ imageDigest, imageTag }));
        });
      const { page, ...next } = paged(ids, request);
      return { imageIds: page, ...next };
    },
    BatchCheckLayerAvailability(input, call) {
      const { repositoryName, layerDigests } = parsed(requests.BatchCheckLayerAvailability, input);
      authorized(state, call, 'BatchCheckLayerAvailability', repositoryName);
      return {
        layers: layerDigests.map((layerDigest) => {
          const layer = layers.find(repositoryName, layerDigest);
          return layer === undefined
            ? { layerDigest, layerAvailability: 'UNAVAILABLE' }
            : { layerDigest, layerAvailability: 'AVAILABLE', layerSize: layer.size };
        }),
        failures: [],
      };
    },
    async GetDownloadUrlForLayer(input, call) {
      const { repositoryName, layerDigest } = parsed(requests.GetDownloadUrlForLayer, input);
      authorized(state, call, 'GetDownloadUrlForLayer', repositoryName);
      if (layers.find(repositoryName, layerDigest) === undefined) {
        throw new AwsError(
          'LayersNotFoundException',
          `Layers with digests '[${layerDigest}]' do not exist in the repository with name '${repositoryName}' in the registry with id '${registryId}'`,
        );
      }
      const ticket = state.tokens.downloadTicket(repositoryName, layerDigest);
      return { layerDigest, downloadUrl: `http://${await state.registryHost()}/download/${ticket}` };
    },
    async GetAuthorizationToken(_, call) {
      call.authorize('ecr:GetAuthorizationToken', '*');
      const { password, expires } = state.tokens.issue(call.principal);
      return {
        authorizationData: [
          {
            authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
            expiresAt: expires / 1000,
            proxyEndpoint: `http://${await state.registryHost()}`,
          },
        ],
      };
    },
  };

  /** The indexes that name an image. */
  function holders(digest: string, repository: string): string[] {
    return repositories
      .images(repository)
      .filter(({ manifest, media_type }) => parseManifest(manifest, media_type).images.includes(digest))
      .map((holder) => holder.digest);
  }
}

function failure(failureCode: string, failureReason: string) {
  return { failureCode, failureReason };
}

function manifestOf({ digest, manifest, media_type }: Image, tag: string | undefined) {
  return {
    imageId: { imageDigest: digest, ...(tag === undefined ? {} : { imageTag: tag }) },
    imageManifest: manifest.toString('utf8'),
    imageManifestMediaType: media_type,
  };
}

function validManifest<T>(put: () => T): T {
  try {
    return put();
  } catch (error) {
    if (!(error instanceof ManifestInvalid)) throw error;
    throw new AwsError(
      'InvalidParameterException',
      `Invalid parameter at 'ImageManifest' failed to satisfy constraint: '${error.message}'`,
    );
  }
}
