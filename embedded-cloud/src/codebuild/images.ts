/**
 * The images that CodeBuild provides, by the environments that they are for (CodeBuild user guide, "Docker images provided
 * by CodeBuild", with its pages of EC2 and of Lambda compute images; deprecated ones can still be used; the Dockerfiles are
 * those of github.com/aws/aws-codebuild-docker-images; as of 2026-11). Not here are the first ones, one a language and version
 * (`aws/codebuild/nodejs:10.1.0`), which left the guide in 2020.
 */
import { invalidInput } from './input.ts';

/** An image of CodeBuild's own, in whatever version. Everything else is somebody's image in a registry. */
const CURATED = /^aws\/codebuild\//;
/** A release of an image: `aws/codebuild/standard:7.0-25.03.03`. */
const RELEASE = /-\d+\.\d+\.\d+$/;
/** `[registry/]repository[:tag][@digest]` (distribution/reference, grammar of the OCI's reference implementation). */
const REFERENCE =
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

const named = (repository: string, ...tags: string[]): string[] =>
  tags.map((tag) => `aws/codebuild/${repository}:${tag}`);

const X86_64 = [
  ...named('standard', '1.0', '2.0', '3.0', '4.0', '5.0', '6.0', '7.0', '8.0'),
  ...named('amazonlinux2-x86_64-standard', '1.0', '2.0', '3.0', '4.0', '5.0', 'corretto8', 'corretto11'),
  ...named('amazonlinux-x86_64-standard', '4.0', '5.0', '6.0', 'corretto8', 'corretto11'),
];
const ARM64 = [
  ...named('amazonlinux2-aarch64-standard', '1.0', '2.0', '3.0'),
  ...named('amazonlinux-aarch64-standard', '2.0', '3.0', '4.0'),
];
const LAMBDA_RUNTIMES = [
  ...['corretto11', 'corretto17', 'corretto21', 'corretto25', 'dotnet6', 'dotnet8', 'dotnet10'],
  ...['go1.21', 'go1.24', 'go1.25', 'nodejs18', 'nodejs20', 'nodejs22', 'nodejs24'],
  ...['python3.11', 'python3.12', 'python3.13', 'python3.14', 'ruby3.2', 'ruby3.4'],
];

const BY_TYPE: Readonly<Record<string, ReadonlySet<string>>> = {
  LINUX_CONTAINER: new Set(X86_64),
  LINUX_GPU_CONTAINER: new Set(X86_64),
  ARM_CONTAINER: new Set(ARM64),
  LINUX_LAMBDA_CONTAINER: new Set(named('amazonlinux-x86_64-lambda-standard', ...LAMBDA_RUNTIMES)),
  ARM_LAMBDA_CONTAINER: new Set(named('amazonlinux-aarch64-lambda-standard', ...LAMBDA_RUNTIMES)),
  LINUX_EC2: new Set(named('ami/amazonlinux-x86_64-base', 'latest')),
  ARM_EC2: new Set(named('ami/amazonlinux-arm-base', 'latest')),
};

interface ImageRequest {
  readonly type: string;
  readonly computeType: string;
  readonly image: string;
  readonly imagePullCredentialsType: string;
}

/**
 * What CodeBuild refuses when a project is made or a build started. An image of its own must be for the environment; one
 * that does not exist is for none, and is refused in the same words. Of others' images nothing is known until they are pulled.
 * @throws AwsError InvalidInputException
 */
export function checkImage({ type, computeType, image, imagePullCredentialsType }: ImageRequest): void {
  if (!CURATED.test(image)) return;
  if (imagePullCredentialsType === 'SERVICE_ROLE')
    throw invalidInput(
      'Invalid input: cannot use a CodeBuild curated image with imagePullCredentialsType SERVICE_ROLE',
    );
  if (BY_TYPE[type]?.has(image.replace(RELEASE, ''))) return;
  throw invalidInput(
    `AWS CodeBuild curated image ${image} is not supported for projects with environment type ${type} and compute type ${computeType}`,
  );
}

/**
 * What becomes of pulling a build's image, in PROVISIONING.
 * @returns why it cannot be pulled, as Docker says it on CodeBuild's hosts; undefined for CodeBuild's own images, whose
 * builds run on this machine's own system
 */
export function pullFailure(image: string): string | undefined {
  if (CURATED.test(image)) return undefined;
  const reason = REFERENCE.test(image)
    ? `this cloud pulls no images: it runs builds on the system of this machine, in place of CodeBuild's own images. ${image} can be tried on AWS only; name an image below aws/codebuild/ here`
    : 'invalid reference format';
  return `Unable to pull customer's container image. CannotPullContainerError: ${reason}`;
}
