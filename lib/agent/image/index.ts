/** What the way of a job (run-job.ts) needs of images. */
import { ApiError } from '../../contract/route-client.ts';
import type { ImageSpec } from '../../domain/execution/model/job.ts';
import type { RecordedImage, RecordImage, RegistryToken } from '../../domain/image/schema.ts';
import { JobFailure } from '../failure.ts';
import { hide, say } from '../output.ts';
import type { BuiltImage } from './build.ts';
import { pushImage } from './push.ts';
import type { ToolWork } from './tool.ts';

export { type BuiltImage, buildImage, removeImage, saveImage } from './build.ts';

/** The agent's calls about its image. */
export interface ImageApi {
  registryToken(signal: AbortSignal): Promise<RegistryToken>;
  recordImage(image: RecordImage, signal: AbortSignal): Promise<RecordedImage>;
}

/**
 * Pushes an image and has it recorded as the registry holds it.
 * @returns its artifact's id
 * @throws JobFailure auth_error | registry_error
 */
export async function publishImage(
  work: ToolWork & { readonly api: ImageApi },
  image: BuiltImage,
  spec: ImageSpec,
): Promise<string> {
  const { api, signal } = work;
  const token = await api.registryToken(signal).catch((error: unknown) => {
    throw refusal(error);
  });
  hide([token.password]);
  const pushed = await pushImage(work, image, token, spec.tags);
  const recorded = await api
    .recordImage({ digest: pushed.digest, tags: [...pushed.tags] }, signal)
    .catch((error: unknown) => {
      throw refusal(error);
    });
  say(`    tags: ${pushed.tags.join(', ')}; platforms: ${recorded.platforms.join(', ') || 'none'}`);
  return recorded.artifact_id;
}

/** What the control plane says of a registry, in its own words; all else as it is. */
function refusal(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { code, detail, remedy } = error.problem;
  const known = code.startsWith('registry_') || code === 'image_unknown';
  if (!known) return error;
  return new JobFailure(
    {
      code: code === 'registry_credential_missing' ? 'auth_error' : 'registry_error',
      message: detail,
      hint: remedy,
      step: 'push image',
    },
    { cause: error },
  );
}
