/**
 * Who needs an uploaded artifact. One item beside it says so: a release puts it in the transaction that creates it, and
 * a deletion puts a gravestone there; each only where there is none. So the two exclude each other, and neither has to
 * search. What a run made stays with the run and needs no such item.
 */
import type { Actor } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item, type Write } from '../ports/table.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { artifacts, UNSTORED_TTL_SECONDS } from './record.ts';
import type { Artifact } from './schema.ts';

const releaseIn = (use: Item | undefined): string | undefined =>
  typeof use?.release_id === 'string' ? use.release_id : undefined;

const useItem = (id: string, more: Record<string, unknown>): Write => ({
  put: { ...Keys.artifactUse(id), entity: 'artifact_use', revision: 1, ...more },
  when: { absent: true },
});

/**
 * The writes that keep uploads from being deleted, for the transaction of a release; none for those that are kept.
 * @throws StaitheError not_found when one was deleted a moment ago
 */
export async function claims(
  ports: Pick<Ports, 'table'>,
  releaseId: string,
  used: readonly Pick<Artifact, 'id' | 'origin'>[],
): Promise<Write[]> {
  const ids = [...new Set(used.filter(({ origin }) => origin === 'upload').map(({ id }) => id))];
  if (ids.length === 0) return [];
  const uses = await ports.table.getMany(ids.map(Keys.artifactUse));
  const byKey = new Map(uses.map((use) => [use.pk, use]));
  return ids.flatMap((id) => {
    const use = byKey.get(Keys.artifactUse(id).pk);
    if (use !== undefined && releaseIn(use) === undefined) throw notFound('artifact', id);
    return use === undefined ? [useItem(id, { release_id: releaseId })] : [];
  });
}

/**
 * Deletes an upload that no release has. Its bytes stay: another artifact of the project may have the same.
 * @throws StaitheError not_found | artifact_in_use
 */
export async function remove(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<Artifact> {
  const artifact = await readVisible(ports.table, artifacts, Keys.artifact, actor, id);
  if (artifact.origin !== 'upload')
    throw new StaitheError(
      'artifact_in_use',
      artifact.origin === 'build'
        ? `Artifact ${id} was made by run ${artifact.run_id} and cannot be deleted.`
        : `Artifact ${id} is an image of a release and cannot be deleted.`,
    );
  const ttl = Math.floor(ports.clock.now().getTime() / 1000) + UNSTORED_TTL_SECONDS;
  try {
    await ports.table.transact([useItem(id, { ttl }), { remove: Keys.artifact(id), when: { any: true } }]);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const release = releaseIn(error.existing ?? (await ports.table.get(Keys.artifactUse(id))));
    if (release === undefined) throw notFound('artifact', id); // somebody else deleted it
    throw new StaitheError('artifact_in_use', `Release ${release} has artifact ${id}.`);
  }
  const key = BlobKeys.staging(artifact.project_id, id);
  if (artifact.multipart !== undefined)
    await ports.blobs.abortMultipart({ key, uploadId: artifact.multipart.upload_id });
  if (artifact.status !== 'stored') await ports.blobs.remove(key);
  return artifact;
}
