/** Staithe's own events on EventBridge. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { StaitheEvent } from '../domain/storage/events.ts';
import { lean } from './lean.ts';
import { setting } from './settings.ts';

/** PutEvents takes ten (docs: EventBridge quotas). */
const BATCH = 10;

const client = lean(new EventBridgeClient());

/** @throws Error when the bus refused one, so that the whole batch is sent again */
export async function publishEvents(
  events: readonly StaitheEvent[],
  bus: string = setting('STAITHE_EVENT_BUS'),
): Promise<void> {
  for (let from = 0; from < events.length; from += BATCH) {
    const Entries = events.slice(from, from + BATCH).map(({ type, detail }) => ({
      EventBusName: bus,
      Source: 'staithe',
      DetailType: type,
      Detail: JSON.stringify(detail),
    }));
    const answer = await client.send(new PutEventsCommand({ Entries }));
    const refused = answer.Entries?.find((entry) => entry.ErrorCode !== undefined);
    if (refused !== undefined)
      throw new Error(`The bus refused an event: ${refused.ErrorCode} ${refused.ErrorMessage ?? ''}`);
  }
}
