/** Whether this machine can run functions from images, and of which architecture. */
import { detectSandboxes, remedy, type Sandboxes } from '../../codebuild/isolation.ts';
import { invalidParameter } from '../context.ts';

/** As images and as Lambda name it. */
const ARCHITECTURES = [
  { node: 'x64', oci: 'amd64', lambda: 'x86_64' },
  { node: 'arm64', oci: 'arm64', lambda: 'arm64' },
] as const;

/**
 * @param uri,oci the image and its architecture, as its configuration names it
 * @throws InvalidParameterValueException when the function has another architecture, or the machine
 */
export function checkArchitecture(uri: string, oci: string, function_: readonly string[]): void {
  const found = ARCHITECTURES.find((one) => one.oci === oci);
  if (!found || !function_.includes(found.lambda)) {
    throw invalidParameter(
      `The image ${uri} is of the architecture ${oci}, and the function of ${function_.join(', ')}. Set Architectures to that of the image, or give an image for ${function_.join(', ')}.`,
    );
  }
  if (found.node !== process.arch) {
    throw invalidParameter(
      `This machine (${process.arch}) cannot run images for ${found.lambda}. Nothing was changed. Give an image for this machine, or run the cloud on a machine of that architecture.`,
    );
  }
}

/**
 * @param sandboxes those of the machine
 * @throws InvalidParameterValueException with the reason and the remedy
 */
export async function requireImages(sandboxes: () => Promise<Sandboxes> = detectSandboxes): Promise<void> {
  const { builds, failure } = await sandboxes();
  if (builds.kind === 'bubblewrap') return;
  throw invalidParameter(
    `This machine cannot run functions from images: they need bubblewrap. Nothing was changed. ${remedy(failure)}`,
  );
}
