/**
 * The survey of a source: its archive is read once from end to end, and what a run needs to know of the tree is noted:
 * the digest of its content, and its manifest.
 */
import { parse, type ReadManifest, textOf } from '../manifest/index.ts';
import { MANIFEST_FILES, MANIFEST_MAX_BYTES } from '../manifest/schema.ts';
import * as TreeManifest from '../manifest/tree-manifest.ts';
import type { Ports } from '../ports/index.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { type SourceRecord, sources } from './record.ts';

export interface Survey {
  /** The same however the tree was packed. */
  readonly treeDigest: string;
  /** The manifest at the root of the tree; null when there is none. */
  readonly manifest: ReadManifest | null;
  /** The folder that the whole tree lies below, when there is one. */
  readonly wrapper?: string | undefined;
}

/** Whether the source has been surveyed. */
export const isSurveyed = ({ tree_digest, tree_manifest_hash }: SourceRecord): boolean =>
  tree_digest !== undefined && tree_manifest_hash !== undefined;

/**
 * What is noted of a source.
 * @returns undefined when nothing is, also of its manifest: an older version did not keep it
 * @throws StaitheError manifest_invalid when this version refuses a manifest that an older one has accepted
 */
export async function readSurvey(
  ports: Pick<Ports, 'table'>,
  { project_id, tree_digest: treeDigest, tree_manifest_hash: hash, wrapper }: SourceRecord,
): Promise<Survey | undefined> {
  if (treeDigest === undefined || hash === undefined) return undefined;
  if (hash === null) return { treeDigest, manifest: null, wrapper };
  const manifest = await TreeManifest.get(ports.table, project_id, hash);
  return manifest && { treeDigest, manifest };
}

/**
 * Reads the archive, notes what is in it, and marks the source as stored. A repeat reads and notes the same.
 * @throws ArchiveUnreadable | ManifestError; then the source is marked as stored, and nothing is noted
 */
export async function survey(
  ports: Pick<Ports, 'table' | 'trees' | 'clock'>,
  source: SourceRecord,
): Promise<Survey> {
  try {
    const found = await read(ports, source);
    await recordSurvey(ports, source, found);
    return found;
  } catch (error) {
    await recordSurvey(ports, source);
    throw error;
  }
}

async function read(ports: Pick<Ports, 'trees'>, source: SourceRecord): Promise<Survey> {
  const { treeDigest, entry, wrapper } = await ports.trees.survey({
    key: BlobKeys.source(source.project_id, source.sha256),
    format: source.format,
    stripComponents: source.strip_components,
    names: MANIFEST_FILES,
    maxBytes: MANIFEST_MAX_BYTES,
  });
  const manifest = entry === undefined ? null : parse(textOf(entry.bytes, entry.name), entry.name);
  return { treeDigest, manifest, wrapper };
}

/** The manifest is kept in one transaction with the note of it, so that nothing is kept of a source that is deleted. */
async function recordSurvey(
  ports: Pick<Ports, 'table' | 'clock'>,
  source: SourceRecord,
  found?: Survey,
): Promise<void> {
  const stored_at = ports.clock.now().toISOString();
  const { manifest } = found ?? { manifest: null };
  await sources.update(
    ports.table,
    Keys.source(source.id),
    (value) => {
      const isKnown = found === undefined ? value.status === 'stored' : isRecorded(value, found);
      if (isKnown) return undefined;
      return {
        ...value,
        status: 'stored',
        stored_at: value.stored_at ?? stored_at,
        ...(found !== undefined && {
          tree_digest: found.treeDigest,
          tree_manifest_hash: found.manifest?.hash ?? null,
          wrapper: found.wrapper,
        }),
      };
    },
    undefined,
    () => (manifest === null ? [] : [TreeManifest.saveWrite(source.project_id, manifest)]),
  );
}

function isRecorded(value: SourceRecord, { treeDigest, manifest }: Survey): boolean {
  return (
    value.status === 'stored' &&
    value.tree_digest === treeDigest &&
    value.tree_manifest_hash === (manifest?.hash ?? null)
  );
}

/** Takes the runs that wait for the survey off the source. */
export async function takeWaitingRuns(ports: Pick<Ports, 'table'>, source: SourceRecord): Promise<string[]> {
  let waiting: string[] = [];
  await sources.update(ports.table, Keys.source(source.id), (value) => {
    waiting = value.waiting_run_ids ?? [];
    return waiting.length === 0 ? undefined : { ...value, waiting_run_ids: undefined };
  });
  return waiting;
}
