/** Whether what is in a release can go to a target at all. */
import type { Artifact } from '../artifact/schema.ts';
import { StaitheError } from '../error.ts';
import type { Target } from '../target/index.ts';
import type { LambdaTarget } from '../target/lambda.ts';

/** As OCI calls the architectures of Lambda. */
const PLATFORMS = { arm64: 'linux/arm64', x86_64: 'linux/amd64' } as const;

/** What a target is made of. */
const FROM = {
  lambda: 'a Lambda function is deployed from a zip',
  static: 'a website is deployed from a zip or a tar.gz',
  process: 'a process is deployed from a file',
} as const;

/** @throws StaitheError artifact_not_deployable */
export function assertFits(artifact: Artifact, target: Target): void {
  if (target.kind === 'lambda' && target.package === 'image') {
    assertImage(artifact, target);
    return;
  }
  // Commands take any artifact; processes any file: an archive, or a program.
  if (target.kind === 'command' || artifact.content_type === 'application/zip') return;
  if (target.kind === 'process' && artifact.kind === 'file') return;
  if (target.kind === 'static' && artifact.content_type === 'application/gzip') return;
  throw new StaitheError(
    'artifact_not_deployable',
    `${artifact.name} is ${artifact.content_type}; ${FROM[target.kind]}.`,
    artifact.kind === 'image' && target.kind === 'lambda'
      ? {
          remedy:
            'Set the package of the environment to image: staithe environment set <name> --package image.',
        }
      : {},
  );
}

/** Docs: "Create a Lambda function using a container image", requirements. */
function assertImage({ name, image, content_type }: Artifact, { architecture }: LambdaTarget): void {
  const refusal = (problem: string, remedy: string) =>
    new StaitheError('artifact_not_deployable', `${name} ${problem}.`, { remedy });
  if (image === undefined)
    throw refusal(
      `is ${content_type}, and the package of the environment is image`,
      'Deploy an image, or set the package to zip: staithe environment set <name> --package zip.',
    );
  if (image.registry !== 'native')
    throw refusal(
      "is in a registry of the project; Lambda takes images of the installation's registry only",
      "Leave `registry` out of the service's image in the manifest, then build and release again.",
    );
  const platform = PLATFORMS[architecture];
  const [only, ...others] = image.platforms.map((text) => text.split('/').slice(0, 2).join('/'));
  if (only === platform && others.length === 0 && !/index|list/.test(image.media_type)) return;
  throw refusal(
    `is of ${image.platforms.join(', ')}; Lambda takes an image of one platform, which is ${platform} for ${architecture}`,
    'Build the image for this platform alone, or set the architecture: staithe environment set <name> --architecture <architecture>.',
  );
}
