/** Lists: tags of a repository, repositories of the registry, what refers to an image. */
import type { HttpResponse } from '../../service.ts';
import { OCI_INDEX, parseManifest } from '../manifest.ts';
import { authorized, type EcrState, repositoryArn } from '../state.ts';
import { jsonAnswer, RegistryFailure } from './answer.ts';
import type { RegistryRequest } from './request.ts';

/** ECR's page of tags. */
const PAGE = 1_000;

export function tags(state: EcrState, request: RegistryRequest, { name }: { name: string }): HttpResponse {
  authorized(state, request.call, 'ListImages', name);
  const all = state.repositories.tags(name).map(({ tag }) => tag);
  const { page, headers } = pageOf(all, request, `/v2/${name}/tags/list`);
  return jsonAnswer({ name, tags: page }, headers);
}

export function catalog(state: EcrState, request: RegistryRequest): HttpResponse {
  request.call.authorize('ecr:DescribeRepositories', repositoryArn(state, '*'));
  const all = state.repositories.all().map(({ name }) => name);
  const { page, headers } = pageOf(all, request, '/v2/_catalog');
  return jsonAnswer({ repositories: page }, headers);
}

/** Signatures, bills of materials and whatever else names the digest as its subject. */
export function referrers(
  state: EcrState,
  { query, call }: RegistryRequest,
  { name, digest }: { name: string; digest: string },
): HttpResponse {
  authorized(state, call, 'BatchGetImage', name);
  const artifactType = query.get('artifactType');
  const manifests = state.repositories
    .images(name)
    .filter((image) => image.subject === digest)
    .filter((image) => artifactType === null || image.artifact_type === artifactType)
    .map((image) => ({
      mediaType: image.media_type,
      digest: image.digest,
      size: image.manifest.length,
      ...(image.artifact_type === null ? {} : { artifactType: image.artifact_type }),
      annotations: parseManifest(image.manifest, image.media_type).annotations,
    }));
  const headers: Record<string, string> =
    artifactType === null ? {} : { 'oci-filters-applied': 'artifactType' };
  return jsonAnswer({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, headers, OCI_INDEX);
}

/** `n` items after `last`, in lexical order, with a link to the next page when there is one. */
function pageOf(all: readonly string[], { query }: RegistryRequest, path: string) {
  const n = Number(query.get('n') ?? PAGE);
  if (!Number.isInteger(n) || n < 0)
    throw new RegistryFailure('UNSUPPORTED', 'n must be a whole number', 400);
  const last = query.get('last') ?? '';
  const rest = all.filter((item) => item > last);
  const page = rest.slice(0, Math.min(n, PAGE));
  const end = page.at(-1);
  const headers: Record<string, string> =
    end === undefined || page.length === rest.length
      ? {}
      : { link: `<${path}?n=${n}&last=${encodeURIComponent(end)}>; rel="next"` };
  return { page, headers };
}
