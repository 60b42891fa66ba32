/** ECR's exceptions, in its words (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html and each action). */
import { AwsError } from '../service.ts';

/** How ECR ends its sentences about where something is missing. */
const inRegistry = (accountId: string) => `in the registry with id '${accountId}'`;

export interface ImageId {
  readonly imageDigest?: string | undefined;
  readonly imageTag?: string | undefined;
}

export const repositoryNotFound = (name: string, accountId: string) =>
  new AwsError(
    'RepositoryNotFoundException',
    `The repository with name '${name}' does not exist ${inRegistry(accountId)}`,
  );

export const repositoryExists = (name: string, accountId: string) =>
  new AwsError(
    'RepositoryAlreadyExistsException',
    `The repository with name '${name}' already exists ${inRegistry(accountId)}`,
  );

export const repositoryNotEmpty = (name: string, accountId: string) =>
  new AwsError(
    'RepositoryNotEmptyException',
    `The repository with name '${name}' ${inRegistry(accountId)} cannot be deleted because it still contains images`,
  );

export const imageNotFound = (id: ImageId, repository: string, accountId: string) =>
  new AwsError(
    'ImageNotFoundException',
    `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${repository}' ${inRegistry(accountId)}`,
  );

export const tagExists = (tag: string, repository: string) =>
  new AwsError(
    'ImageTagAlreadyExistsException',
    `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the repository is immutable.`,
  );

export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', message);
