/** The release of a deployment, as its job gets it. */
import { artifacts } from '../../artifact/record.ts';
import { StaitheError } from '../../error.ts';
import type { ReleaseFile } from '../../execution/model/release-file.ts';
import type { Ports } from '../../ports/index.ts';
import { releases } from '../../release/record.ts';
import { Keys } from '../../storage/keys.ts';
import { deployments } from '../record.ts';

/** @throws StaitheError not_found once its project is deleted */
export async function releaseFileOf(
  { table }: Pick<Ports, 'table'>,
  deploymentId: string,
): Promise<ReleaseFile> {
  const deployment = (await deployments.get(table, Keys.deployment(deploymentId)))?.value;
  const release = deployment && (await releases.get(table, Keys.release(deployment.release_id)))?.value;
  if (deployment === undefined || release === undefined)
    throw new StaitheError('not_found', `Deployment ${deploymentId} no longer exists.`);
  const { project_id, environment, service, digest } = deployment;
  const { id, version, tag, git_sha, manifest_hash, created_at } = release;
  const ids = release.artifacts.filter(({ kind }) => kind === 'image').map((image) => image.artifact_id);
  const refs = new Map(
    (await artifacts.getMany(table, ids.map(Keys.artifact))).map((found) => [found.id, found.image?.ref]),
  );
  const all = release.artifacts.map((artifact) => ({ ...artifact, image: refs.get(artifact.artifact_id) }));
  return {
    project_id,
    environment,
    deployment_id: deploymentId,
    release: { id, version, tag, git_sha, manifest_hash, created_at },
    service,
    digest,
    artifacts: all,
    images: imagesOf(all),
  };
}

/** Of services with one image each: which of several is meant, their cell of the matrix tells. */
function imagesOf(all: ReleaseFile['artifacts']): ReleaseFile['images'] {
  const images = all.filter(({ image }) => image !== undefined);
  const isOnly = (service: string) => images.filter((one) => one.service === service).length === 1;
  return Object.fromEntries(
    images.flatMap(({ service, image }) =>
      image !== undefined && isOnly(service) ? [[service, image]] : [],
    ),
  );
}
