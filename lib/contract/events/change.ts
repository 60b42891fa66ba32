/** A change of an item of the table, as the stream tells it. */

/** An item as it was or is; undefined when it was not there, or is gone. */
export type Image = Readonly<Record<string, unknown>> | undefined;

export interface ItemChange {
  readonly before: Image;
  readonly after: Image;
}

/** Of an item that is still there. */
export interface Kept {
  readonly before: Image;
  readonly after: NonNullable<Image>;
}

/** The status that an item came to, when it has another than before. */
export function newStatus({ before, after }: Kept): string | undefined {
  return typeof after.status === 'string' && after.status !== before?.status ? after.status : undefined;
}

function millisecondsFrom(begin: unknown, end: unknown): number | undefined {
  if (typeof begin !== 'string' || typeof end !== 'string') return undefined;
  return Math.max(0, Date.parse(end) - Date.parse(begin));
}

/** How long it has waited and how long it has worked, as far as it has. */
export const durationsOf = (item: NonNullable<Image>) => ({
  queued_ms: millisecondsFrom(item.created_at, item.started_at),
  duration_ms: millisecondsFrom(item.started_at, item.completed_at),
});

/** How many a list has. */
export const countOf = (list: unknown): number | undefined => (Array.isArray(list) ? list.length : undefined);
