/** What a run needs to know of its source: the tree's digest, and the manifest that holds for it. */
import type { Build } from '../../builds/schema.ts';
import { StaitheError } from '../../error.ts';
import { ManifestError, parse, type ReadManifest, textOf } from '../../manifest/index.ts';
import { MANIFEST_FILES, MANIFEST_MAX_BYTES } from '../../manifest/schema.ts';
import * as Manifests from '../../manifest/synced.ts';
import { ArchiveUnreadable, type Ports } from '../../ports/index.ts';
import { sources } from '../../source/index.ts';
import type { Source } from '../../source/schema.ts';
import type { Stored } from '../../storage/collection.ts';
import { BlobKeys, Keys } from '../../storage/keys.ts';
import { manifestFailure, PlanFailure } from '../model/plan-failure.ts';

/**
 * Reads the source and finds the manifest: the tree's own, or, when the tree has none, the one that was synced.
 * @throws PlanFailure source_error | manifest_error
 */
export async function readTree(
  ports: Pick<Ports, 'table' | 'trees'>,
  build: Build,
  source: Source,
): Promise<{ treeDigest: string; own: string | null } & ReadManifest> {
  const { treeDigest, entry, wrapper } = await survey(ports, source);
  const own = entry && parsed(entry);
  if (own !== undefined) {
    if (build.manifest_hash !== undefined && build.manifest_hash !== own.hash)
      throw manifestFailure(
        `The build names manifest ${build.manifest_hash}, but the tree's is ${own.hash}.`,
        'Build the tree that belongs to the hash, or leave the hash out.',
      );
    return { treeDigest, own: own.hash, ...own };
  }
  return { treeDigest, own: null, ...(await synced(ports, build, wrapper)) };
}

async function survey(ports: Pick<Ports, 'trees'>, source: Source) {
  try {
    return await ports.trees.survey({
      key: BlobKeys.source(source.project_id, source.sha256),
      format: source.format,
      stripComponents: source.strip_components,
      names: MANIFEST_FILES,
      maxBytes: MANIFEST_MAX_BYTES,
    });
  } catch (error) {
    if (!(error instanceof ArchiveUnreadable)) throw error;
    throw new PlanFailure({
      code: 'source_error',
      message: error.message,
      hint: `Upload a ${source.format} of the project's tree.`,
    });
  }
}

function parsed(entry: { name: string; bytes: Uint8Array }): ReadManifest {
  try {
    return parse(textOf(entry.bytes, entry.name), entry.name);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw manifestFailure(error.message, 'Correct the manifest where the message points.');
  }
}

/** @param wrapper the folder that the whole tree lies below */
async function synced(
  ports: Pick<Ports, 'table'>,
  build: Build,
  wrapper: string | undefined,
): Promise<ReadManifest> {
  const { project_id: projectId, manifest_hash: named } = build;
  const found = await readable(
    named === undefined ? Manifests.latest(ports, projectId) : Manifests.byHash(ports, projectId, named),
  );
  if (found !== undefined) return found;
  if (named === undefined)
    throw manifestFailure(
      'The source has no staithe.yaml at its root, and the project has no synced manifest, so there is nothing to build.',
      wrapper === undefined
        ? 'Add a staithe.yaml with at least one service, pack the folder that has it, or sync one: staithe manifest sync.'
        : `Everything in the archive lies below one folder, '${wrapper}'. Pack what is in it instead: tar -czf source.tar.gz -C '${wrapper}' .`,
    );
  const latest = await Manifests.latestHash(ports, projectId);
  throw manifestFailure(
    latest === undefined
      ? `The build names manifest ${named}, but the tree has none and none was synced.`
      : `The build names manifest ${named}, but the tree has none and the one synced last is ${latest}.`,
    'Sync the manifest that the build names (staithe manifest sync), or leave the hash out.',
  );
}

/** A manifest that an earlier version has taken may be one that this version refuses. */
async function readable<Found>(reading: Promise<Found>): Promise<Found> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof StaitheError)) throw error;
    throw manifestFailure(error.message, error.remedy);
  }
}

/** Known once, the next build of these bytes may be answered without reading them. @param own the tree's own manifest's hash */
export async function noteTree(
  ports: Pick<Ports, 'table'>,
  source: Stored<Source>,
  treeDigest: string,
  own: string | null,
): Promise<void> {
  const known = source.value;
  if (known.tree_digest === treeDigest && known.tree_manifest_hash === own) return;
  const noted = (value: Source): Source => ({ ...value, tree_digest: treeDigest, tree_manifest_hash: own });
  await sources.update(ports.table, Keys.source(known.id), noted, source);
}
