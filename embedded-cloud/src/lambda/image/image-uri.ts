/** `<registry>/<repository>:<tag>` or `<registry>/<repository>@sha256:…`, of the cloud's own registry. */
import { invalidParameter } from '../context.ts';

export interface ImageUri {
  readonly registry: string;
  readonly repository: string;
  readonly id: { readonly imageDigest: string } | { readonly imageTag: string };
}

const PATTERN =
  /^(?<registry>[^/]+)\/(?<repository>[a-z0-9]+(?:[._/-][a-z0-9]+)*)(?:@(?<digest>sha256:[0-9a-f]{64})|:(?<tag>\w[\w.-]{0,127}))$/;

/** @throws InvalidParameterValueException; `registry` is the one that the cloud has */
export function parseImageUri(text: string, registry: string): ImageUri {
  const { registry: host = '', repository = '', digest, tag } = PATTERN.exec(text)?.groups ?? {};
  if (host === '')
    throw invalidParameter(
      `ImageUri ${text} is not valid: it must be ${registry}/<repository>@sha256:<digest>, or :<tag>.`,
    );
  if (host !== registry) {
    throw invalidParameter(
      `Source image ${text} is not valid. Functions run images of the cloud's own registry, ${registry}: push the image there.`,
    );
  }
  const id = digest === undefined ? { imageTag: tag ?? '' } : { imageDigest: digest };
  return { registry: host, repository, id };
}
