/** What an event is: an entry of the registry, and what EventBridge hands to a target of a rule. */
import * as z from 'zod';

/** One entry of the registry. */
export interface EventSpec<Detail extends z.ZodType = z.ZodType> {
  /** EventBridge's `source`. */
  readonly source: string;
  /** EventBridge's `detail-type`. */
  readonly name: string;
  /** When it is published. */
  readonly description: string;
  readonly detail: Detail;
  readonly example: Readonly<Record<string, unknown>>;
}

/** An event that is about to be published. */
export interface OutgoingEvent {
  readonly source: string;
  readonly name: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An event that is not what the registry says of it. */
export class EventMismatch extends Error {
  override readonly name = 'EventMismatch';
}

export const mismatch = (what: string, { message }: z.ZodError): EventMismatch =>
  new EventMismatch(`${what} does not match its schema in lib/contract/events: ${message}`);

/** EventBridge's envelope, as far as listeners read it (user guide, "AWS service event metadata"). */
const Envelope = z.object({
  source: z.string(),
  'detail-type': z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type Envelope = z.infer<typeof Envelope>;

export function envelopeOf(event: unknown): Envelope {
  const read = Envelope.safeParse(event);
  if (!read.success) throw mismatch('What was received', read.error);
  return read.data;
}

/** Reads the detail of an event that must be of this kind. @throws EventMismatch */
export function readDetail<Detail extends z.ZodType>(
  spec: EventSpec<Detail>,
  event: unknown,
): z.output<Detail> {
  const { source, 'detail-type': name, detail } = envelopeOf(event);
  if (source !== spec.source || name !== spec.name)
    throw new EventMismatch(`Expected '${spec.name}' from ${spec.source}, got '${name}' from ${source}.`);
  const read = spec.detail.safeParse(detail);
  if (!read.success) throw mismatch(`'${name}'`, read.error);
  return read.data;
}
