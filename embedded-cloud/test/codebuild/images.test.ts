import {
  LinuxArmBuildImage,
  LinuxArmLambdaBuildImage,
  LinuxBuildImage,
  LinuxLambdaBuildImage,
} from 'aws-cdk-lib/aws-codebuild';
import { afterEach, describe, expect, it } from 'vitest';
import { checkImage } from '../../src/codebuild/images.ts';
import { plain } from '../../src/codebuild/sandbox.ts';
import { codeBuildCloud } from './build-cloud.ts';

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

const buildspec = JSON.stringify({ version: 0.2, phases: { build: { commands: ['true'] } } });

async function setUp(environment: Record<string, unknown> = {}) {
  const made = await codeBuildCloud({
    sandbox: plain,
    buildspec,
    properties: {
      Environment: {
        ...{ Type: 'LINUX_CONTAINER', ComputeType: 'BUILD_GENERAL1_SMALL' },
        Image: 'aws/codebuild/standard:7.0',
        ...environment,
      },
    },
  });
  closes.push(made.close);
  return made;
}

const unsupported = (image: string, type: string, size: string) =>
  `AWS CodeBuild curated image ${image} is not supported for projects with environment type ${type} and compute type ${size}`;

/** Environments, each with a size that it comes in. */
const SIZES = {
  LINUX_CONTAINER: 'BUILD_GENERAL1_SMALL',
  ARM_CONTAINER: 'BUILD_GENERAL1_SMALL',
  LINUX_LAMBDA_CONTAINER: 'BUILD_LAMBDA_2GB',
  ARM_LAMBDA_CONTAINER: 'BUILD_LAMBDA_2GB',
};
type Type = keyof typeof SIZES;

/** The images that the CDK knows for an environment. */
function ofCdk(type: string, constants: object): string[] {
  const images = Object.values(constants).filter((each) => each?.type === type);
  return images.map(({ imageId }) => imageId).filter((id: string) => id.startsWith('aws/codebuild/'));
}

describe("CodeBuild's own images", () => {
  it.each<[Type, object, Type]>([
    ['LINUX_CONTAINER', LinuxBuildImage, 'ARM_CONTAINER'],
    ['ARM_CONTAINER', LinuxArmBuildImage, 'LINUX_CONTAINER'],
    ['LINUX_LAMBDA_CONTAINER', LinuxLambdaBuildImage, 'ARM_LAMBDA_CONTAINER'],
    ['ARM_LAMBDA_CONTAINER', LinuxArmLambdaBuildImage, 'LINUX_LAMBDA_CONTAINER'],
  ])(
    'that the CDK has for %s can be used there, and not on the other architecture',
    (type, constants, other) => {
      const images = ofCdk(type, constants);
      const asked = (of: Type, image: string) => () =>
        checkImage({ type: of, computeType: SIZES[of], image, imagePullCredentialsType: 'CODEBUILD' });

      expect(images.length).toBeGreaterThan(5);
      for (const image of images) {
        expect(asked(type, image)).not.toThrow();
        expect(asked(other, image)).toThrow(unsupported(image, other, SIZES[other]));
      }
    },
  );

  it.each([
    ['a name that never was', 'aws/codebuild/amazonlinux2023-x86_64-standard:1.0'],
    ['a version that is not there', 'aws/codebuild/standard:99.0'],
    ['no version', 'aws/codebuild/standard'],
    ['an image for ARM', 'aws/codebuild/amazonlinux-aarch64-standard:3.0'],
    ['an image of Lambda compute', 'aws/codebuild/amazonlinux-x86_64-lambda-standard:nodejs22'],
  ])(
    'are refused by StartBuild, and in a template, for an environment that they are not for: %s',
    async (_, image) => {
      const { start } = await setUp();
      const message = unsupported(image, 'LINUX_CONTAINER', 'BUILD_GENERAL1_SMALL');

      await expect(start({ imageOverride: image })).rejects.toMatchObject({
        code: 'InvalidInputException',
        message,
      });
      await expect(setUp({ Image: image })).rejects.toMatchObject({ code: 'InvalidInputException', message });
    },
  );

  it('can be asked for by a release, and not with the credentials of the role', async () => {
    const { finish, start } = await setUp();

    const { build } = await finish({ imageOverride: 'aws/codebuild/standard:7.0-25.03.03' });

    expect(build.buildStatus).toBe('SUCCEEDED');
    await expect(start({ imagePullCredentialsTypeOverride: 'SERVICE_ROLE' })).rejects.toThrow(
      'Invalid input: cannot use a CodeBuild curated image with imagePullCredentialsType SERVICE_ROLE',
    );
  });
});

it.each([
  ['public.ecr.aws/docker/library/node:22', /CannotPullContainerError: this cloud pulls no images/],
  ['123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1', /name an image below aws\/codebuild\/ here$/],
  ['node', /this cloud pulls no images/],
  ['Not an image', /CannotPullContainerError: invalid reference format$/],
])('the image %s of a registry is taken, and fails its build in PROVISIONING', async (image, message) => {
  const { start, get, service, lines } = await setUp({
    Image: image,
    ImagePullCredentialsType: 'SERVICE_ROLE',
  });

  const { id } = await start();
  await service.whenBuildEnds(id);

  const build = await get(id);
  expect(build.environment.imagePullCredentialsType).toBe('SERVICE_ROLE');
  expect(build.buildStatus).toBe('FAILED');
  expect(build.phases.find(({ phaseType }) => phaseType === 'PROVISIONING')).toMatchObject({
    phaseStatus: 'FAILED',
    contexts: [
      { statusCode: 'BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE', message: expect.stringMatching(message) },
    ],
  });
  expect((await lines(build.logs.streamName)).join('\n')).toContain('BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE');
});

describe('environments', () => {
  it.each([
    ['LINUX_CONTAINER', 'ATTRIBUTE_BASED_COMPUTE'],
    ['LINUX_GPU_CONTAINER', 'BUILD_GENERAL1_MEDIUM'],
    ['ARM_LAMBDA_CONTAINER', 'BUILD_GENERAL1_SMALL'],
    ['ARM_CONTAINER', 'BUILD_LAMBDA_1GB'],
  ])('%s does not come with %s', async (Type, ComputeType) => {
    await expect(setUp({ Type, ComputeType })).rejects.toThrow(
      `Compute type ${ComputeType} is not supported for environment type ${Type}`,
    );
  });

  it.each(['WINDOWS_SERVER_2019_CONTAINER', 'WINDOWS_SERVER_2022_CONTAINER', 'MAC_ARM'])(
    '%s is not here, and that is what is said',
    async (Type) => {
      await expect(setUp({ Type, ComputeType: 'BUILD_GENERAL1_MEDIUM' })).rejects.toThrow(Type);
    },
  );
});
