/** Manifests that were found in trees: kept by their hash, so that a run is planned without reading the archive. */
import * as z from 'zod';
import type { Table, Write } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { Digest } from '../values.ts';
import { canonicalManifest, type ReadManifest } from './index.ts';
import { readStored } from './read-stored.ts';

const StoredManifest = z.object({ manifest_hash: Digest, canonical: z.string() });

/** The write that keeps it. */
export const saveWrite = (projectId: string, { manifest, hash }: ReadManifest): Write => ({
  put: {
    ...Keys.treeManifest(projectId, hash),
    entity: 'tree_manifest',
    revision: 1,
    manifest_hash: hash,
    canonical: canonicalManifest(manifest),
  },
  when: { any: true },
});

/** @throws StaitheError manifest_invalid when this version refuses it */
export async function get(table: Table, projectId: string, hash: string): Promise<ReadManifest | undefined> {
  const item = await table.get(Keys.treeManifest(projectId, hash));
  return item && readStored(StoredManifest.parse(item));
}
