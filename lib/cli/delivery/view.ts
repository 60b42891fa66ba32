import type { Delivery } from '../resources.ts';
import { moment } from '../terminal/format.ts';
import { status, statusAndReason } from '../terminal/style.ts';
import { type Column, fields } from '../terminal/table.ts';

/** A reason is a sentence or more; `delivery show` has it whole. */
const REASON_SHOWN = 60;
const brief = (reason: string): string =>
  reason.length > REASON_SHOWN ? `${reason.slice(0, REASON_SHOWN - 1)}…` : reason;

/** @param across whether the list is of several projects, and so of several repositories */
export const deliveryColumns = (across: boolean): readonly Column<Delivery>[] => [
  { title: 'id', value: (delivery) => delivery.id },
  ...(across ? [{ title: 'repository', value: (delivery: Delivery) => delivery.repository }] : []),
  { title: 'event', value: (delivery) => delivery.event },
  { title: 'ref', value: (delivery) => delivery.ref },
  { title: 'decision', value: (delivery) => delivery.decision.kind, style: status },
  {
    title: 'build',
    value: (delivery) => delivery.builds.map((build) => build.build_id).join(', ') || undefined,
  },
  {
    title: 'reason',
    value: ({ decision }) => (decision.kind === 'building' ? undefined : brief(decision.reason)),
  },
  { title: 'received', value: (delivery) => moment(delivery.received_at) },
];

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

/** What to look at next: the builds that were started. */
export function deliveryNotes(delivery: Delivery): string[] {
  return delivery.builds.map((build) => `next: staithe build logs ${build.build_id} --follow`);
}
