/** What a run needs to know of its source: the tree's digest, and the manifest that holds for it. */
import { StaitheError } from '../../error.ts';
import { ManifestError, type ReadManifest } from '../../manifest/index.ts';
import * as Manifests from '../../manifest/synced.ts';
import { ArchiveUnreadable, type Ports } from '../../ports/index.ts';
import type { SourceRecord } from '../../source/record.ts';
import { readSurvey, type Survey, survey } from '../../source/survey.ts';
import type { Build } from '../model/build.ts';
import { manifestFailure, PlanFailure } from '../model/plan-failure.ts';

export interface Tree extends ReadManifest {
  readonly treeDigest: string;
}

/**
 * The tree's digest and its manifest: the one at its root or, when there is none, the synced one. A source that is not
 * surveyed yet is surveyed.
 * @throws PlanFailure source_error | manifest_error
 */
export async function readTree(
  ports: Pick<Ports, 'table' | 'trees' | 'clock'>,
  build: Build,
  source: SourceRecord,
): Promise<Tree> {
  const { treeDigest, manifest, wrapper } = await surveyOf(ports, source);
  if (manifest === null) return { treeDigest, ...(await readSynced(ports, build, wrapper)) };
  if (build.manifest_hash !== undefined && build.manifest_hash !== manifest.hash)
    throw manifestFailure(
      `The build requires manifest ${build.manifest_hash}, but the source has ${manifest.hash}.`,
      'Build the source with this manifest, or omit the hash.',
    );
  return { treeDigest, ...manifest };
}

async function surveyOf(
  ports: Pick<Ports, 'table' | 'trees' | 'clock'>,
  source: SourceRecord,
): Promise<Survey> {
  try {
    return (await readable(readSurvey(ports, source))) ?? (await survey(ports, source));
  } catch (error) {
    if (error instanceof ManifestError)
      throw manifestFailure(error.message, 'Correct the manifest at the line in the message.');
    if (!(error instanceof ArchiveUnreadable)) throw error;
    throw new PlanFailure({
      code: 'source_error',
      message: error.message,
      hint: `Upload a ${source.format} of the project's files.`,
    });
  }
}

/** @param wrapper the folder that the whole tree lies below */
async function readSynced(
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
    'Sync the manifest with this hash (staithe manifest sync), or omit the hash.',
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
