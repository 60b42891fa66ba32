/** Uploads that were announced and never came, or came and were never verified: they end with a reason. */
import { artifacts } from '../artifact/record.ts';
import type { Artifact } from '../artifact/schema.ts';
import type { Ports } from '../ports/index.ts';
import { Keys, Partitions } from '../storage/keys.ts';

/** A day: an upload's link is good for 15 minutes and can be renewed; nobody comes back to it after that. */
const PENDING_MS = 24 * 3600_000;
/** The verifier has 15 minutes, and its event is tried for an hour. */
const VERIFYING_MS = 2 * 3600_000;
/** The oldest come first; those in parts, which may be older, are few. */
const PAGE = 100;

/** @returns the ids of uploads that were given up */
export async function sweepUploads(ports: Pick<Ports, 'table' | 'clock'>): Promise<string[]> {
  const now = ports.clock.now().getTime();
  const { items } = await ports.table.query({
    index: 'gsi2',
    partition: Partitions.openUploads,
    limit: PAGE,
  });
  const ids = items.map(({ gsi2sk }) => gsi2sk).filter((id) => id !== undefined);
  if (ids.length === 0) return [];
  const found = await artifacts.getMany(ports.table, ids.map(Keys.artifact));
  const overdue = found.filter((artifact) => isOverdue(artifact, now));
  await Promise.all(
    overdue.map(({ id }) =>
      artifacts.update(ports.table, Keys.artifact(id), (artifact) =>
        isOverdue(artifact, now) ? { ...artifact, status: 'rejected', error: reasonOf(artifact) } : undefined,
      ),
    ),
  );
  return overdue.map(({ id }) => id);
}

/** An upload in parts may take as long as storage keeps the parts: its record vanishes with them. */
function isOverdue(artifact: Artifact & { multipart?: unknown }, now: number): boolean {
  const age = now - Date.parse(artifact.created_at);
  if (artifact.status === 'verifying') return age > VERIFYING_MS;
  return artifact.status === 'pending' && artifact.multipart === undefined && age > PENDING_MS;
}

function reasonOf({ status }: Artifact): NonNullable<Artifact['error']> {
  return status === 'pending'
    ? {
        code: 'artifact_not_stored',
        message: 'The upload was not received in time. Create it again and upload the bytes.',
      }
    : {
        code: 'artifact_not_stored',
        message: 'The upload was received, but not verified in time. Upload it again.',
      };
}
