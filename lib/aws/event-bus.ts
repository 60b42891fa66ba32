/** EventBridge: puts events on a bus. */
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { lean } from './lean.ts';
import { setting } from './settings.ts';

/** An event as EventBridge takes it. */
export interface BusEvent {
  readonly source: string;
  readonly name: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** When it happened; when it is put on the bus, unless told. */
  readonly time?: Date | undefined;
}

/** PutEvents takes ten events of 256 KB together (docs: EventBridge quotas). */
const BATCH = 10;
const BATCH_BYTES = 256 * 1024;

/** What an entry counts (user guide, "Calculating Amazon EventBridge event size"): its time as 14 bytes, and its texts. */
const sizeOf = ({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number =>
  14 + Buffer.byteLength(Source + DetailType + Detail);

/** In as few requests as take them. */
export function batchesOf(entries: readonly PutEventsRequestEntry[]): PutEventsRequestEntry[][] {
  const batches: PutEventsRequestEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const size = sizeOf(entry);
    const last = batches.at(-1);
    if (last === undefined || last.length === BATCH || size > room) {
      batches.push([entry]);
      room = BATCH_BYTES - size;
    } else {
      last.push(entry);
      room -= size;
    }
  }
  return batches;
}

const client = lean(new EventBridgeClient());

/** @throws Error when the bus refused one, so that the whole batch is sent again */
export async function publishEvents(
  events: readonly BusEvent[],
  bus: string = setting('STAITHE_EVENT_BUS'),
): Promise<void> {
  const entries = events.map(({ source, name, detail, time }) => ({
    EventBusName: bus,
    Source: source,
    DetailType: name,
    Detail: JSON.stringify(detail),
    ...(time !== undefined && { Time: time }),
  }));
  for (const Entries of batchesOf(entries)) {
    const answer = await client.send(new PutEventsCommand({ Entries }));
    const refused = answer.Entries?.find((entry) => entry.ErrorCode !== undefined);
    if (refused !== undefined)
      throw new Error(`The bus refused an event: ${refused.ErrorCode} ${refused.ErrorMessage ?? ''}`);
  }
}
