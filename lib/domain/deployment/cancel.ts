/** A deployment is cancelled, in whatever state it is. */
import { type Actor, nameOf } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { end } from './end.ts';
import { get } from './index.ts';
import { stopJobs } from './jobs/stop.ts';
import { deployments } from './record.ts';
import { type Deployment, isBegun, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';
import { stepped } from './timeline.ts';

/** It may begin while it is being cancelled, once; and end, once. */
const TRIES = 5;

/**
 * One that waits ends at once. One under way is marked: its next step takes back what it has done, and then it ends. A
 * repeat changes nothing.
 * @throws StaitheError not_found | wrong_state (it has ended otherwise)
 */
export async function cancel(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  actor: Actor,
  id: string,
  reason: string | undefined,
): Promise<Deployment> {
  await get(ports, actor, id);
  const by = nameOf(actor);
  const at = ports.clock.now();
  const message = reason === undefined ? 'The deployment was cancelled.' : `Cancelled: ${reason}`;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const marked = await deployments.update(ports.table, Keys.deployment(id), (deployment) =>
      isBegun(deployment) && deployment.cancelled_by === undefined
        ? { ...stepped(deployment, { status: deployment.status, message, at, by }), cancelled_by: by }
        : undefined,
    );
    if (marked === undefined) throw notFound('deployment', id);
    const { status } = marked.value;
    // Their end wakes its workflow, whose next step takes it back.
    if (isBegun(marked.value)) await stopJobs(ports, marked.value, message);
    if (status === 'cancelled' || isBegun(marked.value)) return marked.value;
    if (isFinal(LIFECYCLE, status))
      throw new StaitheError(
        'wrong_state',
        `Deployment ${id} is ${status}; it cannot be cancelled any more.`,
      );
    await end(ports, id, { status: 'cancelled', error: { message }, by, unlessBegun: true });
  }
  throw new StaitheError('busy', `Deployment ${id} was changed by others ${TRIES} times in a row.`);
}
