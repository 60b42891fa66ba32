/** The canonical form of a manifest by its hash: as it was synced, or found in a tree. */
import * as z from 'zod';
import type { Table } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';

const Kept = z.object({ canonical: z.string() });

/** @returns as it was kept, whatever this version takes for valid; undefined when it was not */
export async function storedForm(
  table: Table,
  projectId: string,
  hash: string,
): Promise<Record<string, unknown> | undefined> {
  const [kept] = await table.getMany([Keys.manifest(projectId, hash), Keys.treeManifest(projectId, hash)]);
  if (kept === undefined) return undefined;
  return z.record(z.string(), z.unknown()).parse(JSON.parse(Kept.parse(kept).canonical));
}
