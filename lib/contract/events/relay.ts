/** Which change of the table is which event. */
import type { ItemChange } from './change.ts';
import type { OutgoingEvent } from './event.ts';
import { FAMILIES } from './index.ts';

const BY_ENTITY = new Map(FAMILIES.map((family) => [family.entity, family]));

/** The event of one change; most changes are none. @throws EventMismatch */
export function eventOf(change: ItemChange): OutgoingEvent | undefined {
  const { entity } = change.after ?? change.before ?? {};
  return BY_ENTITY.get(String(entity))?.eventOf(change);
}

/** Items whose changes can be events, and members by which they are none. */
export const ENTITIES = FAMILIES.map(({ entity, untold }) => ({ entity, untold }));

/** Items whose removal is one. */
export const REMOVED_ENTITIES: readonly string[] = FAMILIES.filter((family) => family.hasRemovalEvent).map(
  (family) => family.entity,
);
