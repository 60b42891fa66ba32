/** PutEvents and its two inner forms: events of AWS services, and events that a rule forwards to another bus. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Action, AwsError, type Call, type Cloud } from '../service.ts';
import { busNameOf, DEFAULT_BUS } from './arn.ts';
import type { Delivery } from './delivery.ts';
import { parseInput, validationError } from './input.ts';
import { isObject, type JsonObject } from './pattern/json.ts';
import type { Rules } from './rules.ts';
import type { EventStore, NewDelivery } from './store.ts';

const MAX_ENTRIES = 10;
/** 256 KiB for all entries of a request together (PutEvents reference). */
const MAX_REQUEST_BYTES = 262_144;
/** What the Time member counts, whatever its value (user guide, "Calculating event entry size"). */
const TIME_BYTES = 14;

const entryShape = z.object({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  EventBusName: z.string().min(1).optional(),
  Resources: z.array(z.string()).default([]),
  /** Epoch seconds over the wire, a Date inside the cloud. */
  Time: z.union([z.number(), z.date().transform((date) => date.getTime() / 1000)]).optional(),
  TraceHeader: z.string().max(500).optional(),
});
type Entry = z.infer<typeof entryShape>;
const putEvents = z.object({ Entries: z.array(entryShape).min(1).max(MAX_ENTRIES) });
const putServiceEvents = z.object({ Entries: z.array(entryShape).min(1) });

interface EntryError {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

export interface EventSink {
  /** Writes the deliveries of events in one transaction. @param before further writes of that transaction */
  publish(events: readonly { bus: string; event: JsonObject }[], before?: () => void): void;
}

export function eventSink(rules: Rules, delivery: Delivery): EventSink {
  return {
    publish(events, before) {
      const rows: NewDelivery[] = [];
      for (const { bus, event } of events) {
        const text = JSON.stringify(event);
        for (const rule of rules.matching(bus, event)) {
          for (const target of rule.targets.keys())
            rows.push({ bus, rule: rule.row.name, target, event: text });
        }
      }
      if (rows.length > 0 || before) delivery.accept(rows, before);
    },
  };
}

export function putEventsActions(
  cloud: Cloud,
  store: EventStore,
  rules: Rules,
  sink: EventSink,
): Record<string, Action> {
  return {
    PutEvents(raw, call) {
      const { Entries } = parseInput(putEvents, raw);
      if (Entries.reduce((bytes, entry) => bytes + size(entry), 0) > MAX_REQUEST_BYTES) {
        throw validationError('Total size of the entries in the request is over the limit.');
      }
      for (const entry of Entries) authorize(rules, call, entry);
      const results = Entries.map((entry) => toEvent(cloud, entry, true));
      const events = results.flatMap((result) => ('event' in result ? [result] : []));
      sink.publish(events);
      for (const { bus } of events) {
        // AWS takes the event and drops it without a word; the operator is told.
        if (!store.findBus(bus))
          cloud.log('events', `an event for the bus '${bus}', which does not exist, was dropped`);
      }
      return {
        FailedEntryCount: results.length - events.length,
        Entries: results.map((result) => ('event' in result ? { EventId: result.event.id } : result)),
      };
    },
    /** Events of AWS services on the default bus (`aws.s3`, `aws.codebuild`, `aws.states`): only services may call. */
    PutServiceEvents(raw, call) {
      if (call.principal.kind !== 'service') {
        throw new AwsError(
          'AccessDeniedException',
          'Only services of the embedded cloud put their own events.',
        );
      }
      const { Entries } = parseInput(putServiceEvents, raw);
      const events = Entries.map((entry) => {
        const result = toEvent(cloud, { ...entry, EventBusName: DEFAULT_BUS }, false);
        if (!('event' in result)) throw validationError(result.ErrorMessage);
        return result;
      });
      sink.publish(events);
      return { FailedEntryCount: 0, Entries: events.map(({ event }) => ({ EventId: event.id })) };
    },
  };
}

function authorize(rules: Rules, call: Call, entry: Entry): void {
  const bus = rules.busResource(busNameOf(entry.EventBusName));
  call.authorize('events:PutEvents', bus.arn, {
    values: { 'events:source': entry.Source, 'events:detail-type': entry.DetailType },
    resourcePolicies: bus.resourcePolicies,
  });
}

function toEvent(
  cloud: Cloud,
  entry: Entry,
  customer: boolean,
): { bus: string; event: JsonObject } | EntryError {
  if (!entry.Source) return required('Source');
  if (!entry.DetailType) return required('DetailType');
  if (entry.Detail === undefined) return required('Detail');
  if (customer && entry.Source.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  const detail = parseDetail(entry.Detail);
  if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  const time = entry.Time === undefined ? cloud.now() : entry.Time * 1000;
  return {
    bus: busNameOf(entry.EventBusName),
    event: envelope(cloud, {
      'detail-type': entry.DetailType,
      source: entry.Source,
      time,
      resources: entry.Resources,
      detail,
    }),
  };
}

/** An event as rules and targets see it; `time` in milliseconds since the epoch. */
export function envelope(
  cloud: Cloud,
  content: {
    'detail-type': string;
    source: string;
    time: number;
    resources: readonly string[];
    detail: JsonObject;
  },
): JsonObject {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': content['detail-type'],
    source: content.source,
    account: cloud.accountId,
    // Whole seconds, as EventBridge gives them.
    time: `${new Date(content.time).toISOString().slice(0, 19)}Z`,
    region: cloud.region,
    resources: content.resources,
    detail: content.detail,
  };
}

function required(member: string): EntryError {
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
  };
}

function parseDetail(text: string): JsonObject | undefined {
  try {
    const detail: unknown = JSON.parse(text);
    return isObject(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

function size(entry: Entry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...entry.Resources];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
  return bytes + (entry.Time === undefined ? 0 : TIME_BYTES);
}
