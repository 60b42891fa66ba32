/** Deletes what is older than a group's retention: a little at a time, so that nobody waits for it. */
import type { LogsContext } from './context.ts';

/** AWS takes up to 72 hours to delete expired events; an hour is near enough and costs next to nothing. */
const SWEEP_EVERY_MS = 3_600_000;
const DELETED_A_TURN = 1_000;
const DAY_MS = 86_400_000;

/** Deletes the expired events of every group. */
export async function sweepExpired({ cloud, store }: LogsContext): Promise<void> {
  for (const group of store.listGroups('', '', 1_000_000)) {
    if (group.retention === null) continue;
    const before = cloud.now() - group.retention * DAY_MS;
    while (store.expire(group.id, before, DELETED_A_TURN) === DELETED_A_TURN) {
      await new Promise(setImmediate);
    }
  }
}

/** Sweeps now and then every hour. @returns stops it */
export function startSweeping(context: LogsContext): () => void {
  const sweep = () => {
    sweepExpired(context).catch((error: unknown) =>
      context.cloud.log('logs', `retention sweep failed: ${error}`),
    );
  };
  const timer = setInterval(sweep, SWEEP_EVERY_MS);
  timer.unref();
  sweep();
  return () => clearInterval(timer);
}
