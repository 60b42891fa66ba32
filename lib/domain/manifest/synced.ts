/** Manifests that were synced: kept by their hash, with the newest of each project pointed at. */
import * as z from 'zod';
import { type Actor, nameOf } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import { Id } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import type { Item, Table } from '../ports/table.ts';
import { createIn } from '../project/create-in.ts';
import type { Project } from '../project/schema.ts';
import { Keys } from '../storage/keys.ts';
import { Digest, GitSha, Timestamp } from '../values.ts';
import {
  canonicalManifest,
  MAX_MISTAKES,
  ManifestError,
  type Mistake,
  parse,
  type ReadManifest,
} from './index.ts';
import { readStored } from './read-stored.ts';
import type { SyncedManifest, SyncManifest } from './synced-schema.ts';

const KIND = 'manifest';

/** As it lies in the table. The manifest is one text: 320 KiB of it as a map could be more than an item may have. */
const StoredManifest = z.object({
  project_id: Id.project,
  manifest_hash: Digest,
  canonical: z.string(),
  git_sha: GitSha.optional(),
  synced_at: Timestamp,
  synced_by: z.string(),
});
type StoredManifest = z.infer<typeof StoredManifest>;

/**
 * Keeps the manifest under its hash and makes it the project's newest. A repeat changes nothing but when and by whom.
 * @throws StaitheError not_found | manifest_invalid, with every mistake as a field
 */
export async function sync(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  project: Project,
  input: SyncManifest,
): Promise<SyncedManifest> {
  const read = readOrRefuse(input);
  const kept: StoredManifest = {
    project_id: project.id,
    manifest_hash: read.hash,
    canonical: canonicalManifest(read.manifest),
    ...(input.git_sha !== undefined && { git_sha: input.git_sha }),
    synced_at: ports.clock.now().toISOString(),
    synced_by: nameOf(actor),
  };
  const meta = { entity: KIND, revision: 1 };
  const always = { any: true } as const;
  await createIn(ports.table, project.id, [
    { put: { ...kept, ...Keys.manifest(project.id, read.hash), ...meta }, when: always },
    { put: { ...Keys.latestManifest(project.id), ...meta, manifest_hash: read.hash }, when: always },
  ]);
  return shown(kept);
}

/**
 * The synced manifest with this hash, or the newest.
 * @throws StaitheError not_found
 */
export async function get(
  ports: Pick<Ports, 'table'>,
  project: Project,
  hash?: string,
): Promise<SyncedManifest> {
  const kept = await find(ports.table, project.id, hash);
  if (kept !== undefined) return shown(kept);
  if (hash !== undefined) throw notFound('synced manifest', hash);
  throw new StaitheError('not_found', `No manifest of the project '${project.slug}' was synced.`, {
    remedy: `Sync one: staithe manifest sync staithe.yaml --project ${project.slug}`,
  });
}

/** The synced manifest with this hash, for a build that names it. @throws StaitheError manifest_invalid */
export async function byHash(
  ports: Pick<Ports, 'table'>,
  projectId: string,
  hash: string,
): Promise<ReadManifest | undefined> {
  return readStored(await find(ports.table, projectId, hash));
}

/** The manifest that was synced last, for a build whose tree has none. @throws StaitheError manifest_invalid */
export async function latest(
  ports: Pick<Ports, 'table'>,
  projectId: string,
): Promise<ReadManifest | undefined> {
  return readStored(await find(ports.table, projectId));
}

/** The hash of the manifest that was synced last. */
export async function latestHash(
  ports: Pick<Ports, 'table'>,
  projectId: string,
): Promise<string | undefined> {
  return hashIn(await ports.table.get(Keys.latestManifest(projectId)));
}

async function find(table: Table, projectId: string, hash?: string): Promise<StoredManifest | undefined> {
  const wanted = hash ?? hashIn(await table.get(Keys.latestManifest(projectId)));
  const item = wanted === undefined ? undefined : await table.get(Keys.manifest(projectId, wanted));
  return item && StoredManifest.parse(item);
}

function hashIn(item: Item | undefined): string | undefined {
  return typeof item?.manifest_hash === 'string' ? item.manifest_hash : undefined;
}

function readOrRefuse({ manifest, file }: SyncManifest): ReadManifest {
  try {
    return parse(manifest, file);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    const { mistakes } = error;
    throw new StaitheError(
      'manifest_invalid',
      `The manifest has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}.`,
      { fields: mistakes.slice(0, MAX_MISTAKES).map((mistake) => fieldProblem(file, mistake)) },
    );
  }
}

function fieldProblem(file: string, { line, column, field, reason }: Mistake) {
  return { field: field || 'manifest', message: `${reason} (${file}:${line}:${column})` };
}

function shown({ canonical, ...kept }: StoredManifest): SyncedManifest {
  const manifest = z.record(z.string(), z.unknown()).parse(JSON.parse(canonical));
  return { ...kept, manifest, services: Object.keys(Object(manifest.services)) };
}
