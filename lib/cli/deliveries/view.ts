/** A delivery as people read it: shown by `delivery show` and by `webhook send`. */
import type { Delivery } from '../api/resources.ts';
import { moment } from '../terminal/format.ts';
import { statusAndReason } from '../terminal/style.ts';
import { fields } from '../terminal/table.ts';

export function deliveryText(delivery: Delivery): string {
  return fields([
    ['delivery', delivery.id],
    ['guid', delivery.guid],
    ['event', delivery.event],
    ['repository', delivery.repository],
    ['ref', delivery.ref],
    ['git sha', delivery.git_sha],
    ['decision', `${delivery.decision.kind}: ${delivery.decision.reason}`, statusAndReason],
    ...delivery.outcomes
      .filter(() => delivery.outcomes.length > 1)
      .map(({ project_id, kind, reason }) => [project_id, `${kind}: ${reason}`, statusAndReason] as const),
    ['builds', delivery.builds.map((build) => build.build_id).join(', ') || undefined],
    ['received', moment(delivery.received_at)],
  ]);
}

/** The next commands: the logs of the builds that it started. */
export function deliveryNotes(delivery: Delivery): string[] {
  return delivery.builds.map((build) => `next: staithe build logs ${build.build_id} --follow`);
}
