/**
 * Reading an image from ECR as Lambda does: under its own name, where the policy of the repository allows it. Where it
 * does not, Lambda adds a statement, if the caller may change the policy
 * (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-permissions).
 */
import { z } from 'zod';
import { AwsError, type Call, type Cloud, type Principal } from '../../service.ts';
import { invalidParameter } from '../context.ts';
import type { ImageUri } from './image-uri.ts';

const STATEMENT = 'LambdaECRImageRetrievalPolicy';
const ACTIONS = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];

const foundImages = z.object({
  images: z.array(z.object({ imageId: z.object({ imageDigest: z.string() }), imageManifest: z.string() })),
});
const policyOutput = z.object({ policyText: z.string() });
const policySchema = z.looseObject({ Statement: z.unknown() });
const linkOutput = z.object({ downloadUrl: z.string() });

export function lambdaService(functionArn: string): Principal {
  return { kind: 'service', arn: 'lambda.amazonaws.com', sourceArn: functionArn };
}

/** @throws AccessDeniedException, InvalidParameterValueException when there is no such image */
export async function findImage(
  cloud: Cloud,
  call: Call,
  functionArn: string,
  text: string,
  { repository: repositoryName, id }: ImageUri,
): Promise<{ digest: string; manifest: string }> {
  const read = () =>
    cloud.call(lambdaService(functionArn), 'ecr', 'BatchGetImage', { repositoryName, imageIds: [id] });
  const output = await read().catch(async (error: unknown) => {
    if (isCalled(error, 'RepositoryNotFoundException')) throw noImage(text);
    if (!isCalled(error, 'AccessDeniedException')) throw error;
    await allowLambda(cloud, call, repositoryName);
    return read();
  });
  const [image] = foundImages.parse(output).images;
  if (!image) throw noImage(text);
  return { digest: image.imageId.imageDigest, manifest: image.imageManifest };
}

/** The bytes of a layer, or of the configuration. @throws Error when the registry does not give them */
export async function download(
  cloud: Cloud,
  functionArn: string,
  repositoryName: string,
  layerDigest: string,
): Promise<ReadableStream<Uint8Array>> {
  const input = { repositoryName, layerDigest };
  const output = await cloud.call(lambdaService(functionArn), 'ecr', 'GetDownloadUrlForLayer', input);
  const response = await fetch(linkOutput.parse(output).downloadUrl);
  if (response.ok && response.body) return response.body;
  throw new Error(
    `The registry answered ${response.status} for the layer ${layerDigest} of ${repositoryName}.`,
  );
}

/** Under the caller's own permissions. @throws AccessDeniedException when these do not suffice */
async function allowLambda(cloud: Cloud, call: Call, repositoryName: string): Promise<void> {
  const asCaller = (action: string, input: object) =>
    cloud.call(call.principal, 'ecr', action, { repositoryName, ...input });
  try {
    const current = await asCaller('GetRepositoryPolicy', {}).then(
      (output) => policySchema.parse(JSON.parse(policyOutput.parse(output).policyText)),
      (error: unknown) => {
        if (isCalled(error, 'RepositoryPolicyNotFoundException')) return { Statement: [] };
        throw error;
      },
    );
    const { accountId, region, partition } = cloud;
    const source = `arn:${partition}:lambda:${region}:${accountId}:function:*`;
    const statement = {
      ...{ Sid: STATEMENT, Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
      ...{ Action: ACTIONS, Condition: { StringLike: { 'aws:sourceArn': source } } },
    };
    const policy = { Version: '2012-10-17', ...current, Statement: [current.Statement, statement].flat() };
    await asCaller('SetRepositoryPolicy', { policyText: JSON.stringify(policy) });
  } catch (error) {
    if (!isCalled(error, 'AccessDeniedException')) throw error;
    throw new AwsError(
      'AccessDeniedException',
      `Lambda does not have permission to access the ECR image. Check the ECR permissions: the policy of the repository ${repositoryName} must allow lambda.amazonaws.com ${ACTIONS.join(' and ')}, or the caller must be allowed ecr:GetRepositoryPolicy and ecr:SetRepositoryPolicy.`,
      403,
      { Type: 'User' },
    );
  }
}

function noImage(uri: string): AwsError {
  return invalidParameter(`Source image ${uri} does not exist. Provide a valid source image.`);
}

function isCalled(error: unknown, code: string): boolean {
  return error instanceof AwsError && error.code === code;
}
