/** Artifacts: found and downloaded. How they come to be is in `upload.ts` and, of jobs, in execution/artifacts.ts. */

import type { Actor } from '../access/actor.ts';
import { StaitheError } from '../error.ts';
import { cellName } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import type { Span } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { BlobKeys, Keys, Partitions } from '../storage/keys.ts';
import { type Listable, scopeOf } from '../storage/scope.ts';
import { readVisible } from '../storage/visible.ts';
import { hexOf } from '../values.ts';
import { artifacts } from './record.ts';
import { type Artifact, isStored, type StoredArtifact } from './schema.ts';

/** A download link is used at once; 5 minutes forgive a slow start. */
const DOWNLOAD_EXPIRES_SECONDS = 5 * 60;

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Artifact> {
  return readVisible(ports.table, artifacts, Keys.artifact, actor, id);
}

export async function list(
  ports: Pick<Ports, 'table'>,
  projects: Listable<Pick<Project, 'id'>>,
  paging: Paging & Span,
): Promise<Listed<Artifact>> {
  const partitions = projects.map(({ id }) => Partitions.artifacts(id));
  return artifacts.newestOf(ports.table, 'artifact', partitions, paging, scopeOf(projects));
}

/** By ids, in the order of their jobs' names and their own. */
export async function byIds(ports: Pick<Ports, 'table'>, ids: readonly string[]): Promise<Artifact[]> {
  const found = await artifacts.getMany(ports.table, ids.map(Keys.artifact));
  const order = ({ service = '', matrix, name }: Artifact) => `${cellName(service, matrix)}\n${name}`;
  return found.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** The newest artifact of a project that has this digest. Those of an older version are found by their ids alone. */
export async function ofDigest(
  { table }: Pick<Ports, 'table'>,
  project: Pick<Project, 'id'>,
  digest: string,
): Promise<Artifact | undefined> {
  const partition = Partitions.artifacts(project.id);
  const { items } = await table.query({
    index: 'gsi2',
    partition,
    prefix: `${digest}#`,
    newestFirst: true,
    limit: 1,
  });
  const [newest] = items;
  return newest && (await artifacts.get(table, { pk: newest.pk, sk: newest.sk }))?.value;
}

/** @throws StaitheError artifact_not_stored */
export function assertStored(artifact: Artifact): StoredArtifact {
  if (isStored(artifact)) return artifact;
  throw new StaitheError(
    'artifact_not_stored',
    artifact.status === 'rejected'
      ? `The bytes of artifact ${artifact.id} were refused: ${artifact.error?.message}`
      : `The bytes of artifact ${artifact.id} ${artifact.status === 'verifying' ? 'are being verified' : 'have not arrived'}.`,
  );
}

/** A link to the bytes. @throws StaitheError not_found | artifact_not_stored | artifact_not_downloadable */
export async function download(
  ports: Pick<Ports, 'table' | 'blobs'>,
  actor: Actor,
  id: string,
): Promise<{ url: string; digest: string }> {
  const artifact = assertStored(await get(ports, actor, id));
  if (artifact.image !== undefined)
    throw new StaitheError('artifact_not_downloadable', `Artifact ${id} is a container image.`, {
      remedy: `Pull it from its registry: ${artifact.image.registry === 'own' ? '' : `staithe registry login --project ${artifact.project_id}, then `}docker pull ${artifact.image.ref}`,
    });
  const url = await ports.blobs.presignDownload({
    key: BlobKeys.artifact(artifact.project_id, hexOf(artifact.digest)),
    fileName: artifact.name,
    contentType: artifact.content_type,
    expiresSeconds: DOWNLOAD_EXPIRES_SECONDS,
  });
  return { url, digest: artifact.digest };
}
