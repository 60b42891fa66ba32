import { CREDENTIAL_SECONDS } from '../ports/registry.ts';
import { ConditionFailed } from '../ports/table.ts';
import { type Deletion, deletions } from '../project/deletion.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { removeBytes, removeContents } from './contents.ts';
import type { DeletionPorts } from './ports.ts';
import { removeBuilds } from './runs.ts';

/**
 * 20 minutes. A request that began before the deletion may still write: the longest is a verification of an upload, of 15
 * minutes (lib/infrastructure/uploads.ts). And the index that lists go by follows the table, mostly within a second. A
 * pass that begins later than that finds what they have left.
 */
const QUIET_MS = 20 * 60_000;

/** Deletions that one sweep has checked. */
const PAGE = 100;

export interface DeletionSweep {
  /** Ids of the projects that were checked. */
  readonly checked: readonly string[];
  /** Of which nothing is left, the deletion's own item included. */
  readonly gone: readonly string[];
  /** The next sweep tries again. */
  readonly failures: readonly { readonly project_id: string; readonly message: string }[];
}

/** One pass over every deletion that is under way. @param hasTime false leaves the rest to the next sweep */
export async function sweep(
  ports: DeletionPorts,
  hasTime: () => boolean = () => true,
): Promise<DeletionSweep> {
  const checked: string[] = [];
  const gone: string[] = [];
  const failures: { project_id: string; message: string }[] = [];
  const options = { limit: PAGE, of: 'gsi2' } as const;
  for await (const page of deletions.pages(ports.table, Partitions.openDeletions, options))
    for (const deletion of page) {
      if (!hasTime()) return { checked, gone, failures };
      checked.push(deletion.project_id);
      try {
        if (await pass(ports, deletion)) gone.push(deletion.project_id);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failures.push({ project_id: deletion.project_id, message });
      }
    }
  return { checked, gone, failures };
}

/** @returns whether it was the last one */
async function pass(ports: DeletionPorts, deletion: Deletion): Promise<boolean> {
  const { project_id: projectId } = deletion;
  const isLast = ports.clock.now().getTime() - Date.parse(deletion.requested_at) >= QUIET_MS;
  await removeBuilds(ports, deletion);
  await removeContents(ports, deletion);
  await removeBytes(ports, projectId);
  const isFree = await releaseName(ports, deletion);
  if (!isLast || !isFree) return false;
  await ports.table.write({ remove: Keys.deletion(projectId), when: { any: true } });
  return true;
}

/**
 * Whatever goes by the project's name is gone, so another may have it. Image repositories go by it too: a credential to
 * push there, taken from an old build, would open those of the next project of this name, so it has to end before.
 * @returns whether the name is free
 */
async function releaseName(ports: DeletionPorts, { project_id: projectId }: Deletion): Promise<boolean> {
  const deletion = (await deletions.get(ports.table, Keys.deletion(projectId)))?.value;
  if (deletion === undefined || !deletion.holds_name) return true;
  const age = ports.clock.now().getTime() - Date.parse(deletion.requested_at);
  if (deletion.had_images && age < CREDENTIAL_SECONDS * 1000) return false;
  const key = Keys.project(deletion.slug);
  const holder = await ports.table.get(key);
  if (holder?.project_id === projectId && holder.entity === 'project_placeholder')
    await ports.table.write({ remove: key, when: { revision: holder.revision } }).catch((error: unknown) => {
      // Another pass was faster, and the name may be another project's by now.
      if (!(error instanceof ConditionFailed)) throw error;
    });
  await deletions.update(ports.table, Keys.deletion(projectId), (value) =>
    value.holds_name ? { ...value, holds_name: false } : undefined,
  );
  return true;
}
