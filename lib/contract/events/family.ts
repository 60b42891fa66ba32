/**
 * A family of events: those of one noun, one for each status that it comes to. It says what they are called, what they
 * carry, and which change of an item each of them tells; and it reads them again for whoever listens.
 */
import * as z from 'zod';
import { type Image, type ItemChange, type Kept, newStatus } from './change.ts';
import { EventMismatch, type EventSpec, envelopeOf, mismatch, type OutgoingEvent } from './event.ts';
import { COMMON } from './fields.ts';

/** The source of Staithe's own events. */
const SOURCE = 'staithe';

type DetailOf<Fields extends z.ZodRawShape> = z.ZodObject<typeof COMMON & Fields>;

interface FamilyOptions<Status extends string, Fields extends z.ZodRawShape, Earlier> {
  /** How the names begin: `Run`. */
  readonly noun: string;
  /** `entity` of its items in the table. */
  readonly entity: string;
  /** Of the detail. A further optional field keeps it; what a listener could trip over raises it. */
  readonly version: number;
  readonly fields: Fields;
  /** Fields that are made of other members of the item. Those that it has under the same name need none. */
  readonly derived?: (item: NonNullable<Image>) => Readonly<Record<string, unknown>>;
  /** The status that an item came to, and the one before; a new value of its member `status` unless told otherwise. */
  readonly statusOf?: (change: Kept) => string | undefined;
  readonly previousOf?: (before: NonNullable<Image>) => unknown;
  /** Whether the removal of an item is an event too, and of which status. */
  readonly removed?: {
    readonly status: NoInfer<Status>;
    readonly when: (before: NonNullable<Image>) => boolean;
  };
  /** Members by which a change is no event, though its status is new: the relay is not even invoked for it. */
  readonly untold?: Readonly<Record<string, string>>;
  readonly example: z.input<z.ZodObject<Fields>>;
  /** When each event is published, and what its example has beside or instead of the family's. */
  readonly events: Readonly<
    Record<Status, { readonly when: string; readonly example?: Readonly<Record<string, unknown>> }>
  >;
  /**
   * Details of earlier versions by their version, as they may wait in the dead-letter queue for 14 days; 0 are those of the
   * time when details had no version.
   */
  readonly earlier: Readonly<Record<number, z.ZodType<Earlier>>>;
}

export interface EventFamily<
  Status extends string = string,
  Fields extends z.ZodRawShape = z.ZodRawShape,
  Earlier = unknown,
> {
  readonly noun: string;
  readonly entity: string;
  readonly version: number;
  readonly detail: DetailOf<Fields>;
  readonly events: Readonly<Record<Status, EventSpec<DetailOf<Fields>>>>;
  readonly hasRemovalEvent: boolean;
  readonly untold: Readonly<Record<string, string>> | undefined;
  /** The event of a change of one of its items; most changes are none. @throws EventMismatch */
  eventOf(change: ItemChange): OutgoingEvent | undefined;
  /** The detail of any of its events, also of an earlier version. @throws EventMismatch */
  read(event: unknown): z.output<DetailOf<Fields>> | Earlier;
}

/** `rolled_back` → `Rolled Back` */
const title = (status: string): string =>
  status
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');

export function family<const Status extends string, Fields extends z.ZodRawShape, Earlier>(
  options: FamilyOptions<Status, Fields, Earlier>,
): EventFamily<Status, Fields, Earlier> {
  const { noun, entity, version, derived, statusOf = newStatus, removed, earlier, untold } = options;
  const { previousOf = (before: NonNullable<Image>) => before.status } = options;
  const detail: DetailOf<Fields> = z.object({ ...COMMON, ...options.fields });
  const specs = new Map(
    Object.entries<{ when: string; example?: object }>(options.events).map(([status, { when, example }]) => [
      status,
      {
        source: SOURCE,
        name: `${noun} ${title(status)}`,
        description: when,
        detail,
        example: { version, status, revision: 1, ...options.example, ...example },
      } satisfies EventSpec,
    ]),
  );
  const removedTo = (before: NonNullable<Image>) => (removed?.when(before) ? removed.status : undefined);
  const names = new Set([...specs.values()].map(({ name }) => name));
  return {
    noun,
    entity,
    version,
    detail,
    events: Object.fromEntries(specs) as unknown as EventFamily<Status, Fields, Earlier>['events'],
    hasRemovalEvent: removed !== undefined,
    untold,
    eventOf({ before, after }) {
      const item = after ?? before;
      const status = after === undefined ? before && removedTo(before) : statusOf({ before, after });
      if (status === undefined || item === undefined) return undefined;
      if (untold !== undefined && Object.entries(untold).every(([name, value]) => after?.[name] === value))
        return undefined;
      const spec = specs.get(status);
      if (spec === undefined) throw new EventMismatch(`No event tells that a ${entity} is '${status}'.`);
      const previous = before && previousOf(before);
      const made = { ...item, ...derived?.(item), version, status, previous_status: previous };
      const parsed = detail.safeParse(made);
      if (!parsed.success) throw mismatch(`'${spec.name}' of ${String(item.pk)}`, parsed.error);
      return { source: spec.source, name: spec.name, detail: parsed.data };
    },
    read(event) {
      const { source, 'detail-type': name, detail: received } = envelopeOf(event);
      if (source !== SOURCE || !names.has(name))
        throw new EventMismatch(`Expected an event of a ${entity}, got '${name}' from ${source}.`);
      const { version: its = 0 } = received;
      const schema = its === version ? detail : earlier[Number(its)];
      if (schema === undefined)
        throw new EventMismatch(
          `'${name}' has version ${String(its)}, which this version of Staithe cannot read. Redrive it after an upgrade.`,
        );
      const read = schema.safeParse(received);
      if (!read.success) throw mismatch(`'${name}'`, read.error);
      return read.data as z.output<DetailOf<Fields>> | Earlier;
    },
  };
}
