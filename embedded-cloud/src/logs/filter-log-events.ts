/** FilterLogEvents: a group's events in order of time, of some or all streams, through a filter pattern. */
import { z } from 'zod';
import type { Action } from '../service.ts';
import { groupActionArn } from './arn.ts';
import { type LogsContext, namedGroup, requireGroup } from './context.ts';
import { parseFilterPattern } from './filter-pattern.ts';
import { groupName } from './groups.ts';
import { invalidParameter, parseInput } from './input.ts';
import type { Place, StoredEvent } from './store.ts';
import { streamName } from './streams.ts';

const MAX_EVENTS = 10_000;
const MAX_PAGE_BYTES = 1_048_576;
/** Events looked at for one page: a page may come back short, or empty, with a token, as on AWS. */
const MAX_SCANNED = 50_000;
const SCAN_STEP = 2_000;

const filterLogEvents = z.object({
  logGroupName: groupName.optional(),
  logGroupIdentifier: z.string().optional(),
  logStreamNames: z.array(streamName).min(1).max(100).optional(),
  logStreamNamePrefix: z.string().min(1).optional(),
  startTime: z.int().min(0).default(0),
  endTime: z.int().min(0).optional(),
  filterPattern: z.string().max(1024).default(''),
  nextToken: z.string().optional(),
  limit: z.int().min(1).max(MAX_EVENTS).default(MAX_EVENTS),
  interleaved: z.boolean().optional(),
});

export function filterLogEventsAction(context: LogsContext): Action {
  const { cloud, store } = context;
  return async (raw, call) => {
    const input = parseInput(filterLogEvents, raw);
    const name = namedGroup(input);
    call.authorize('logs:FilterLogEvents', groupActionArn(cloud, name));
    const group = requireGroup(context, name);
    if (input.logStreamNames && input.logStreamNamePrefix !== undefined) {
      throw invalidParameter('logStreamNames and logStreamNamePrefix cannot be used together.');
    }
    const matches = parseFilterPattern(input.filterPattern);
    const chosen = streamChooser(input);
    // Unlike GetLogEvents, endTime is inclusive here (API reference of both).
    const end = input.endTime === undefined ? Number.MAX_SAFE_INTEGER : input.endTime + 1;

    const names = new Map<number, string>();
    const events: StoredEvent[] = [];
    let place: Place = input.nextToken
      ? parseToken(input.nextToken)
      : { timestamp: input.startTime, stream: 0, sequence: 0 };
    let bytes = 0;
    let scanned = 0;
    let exhausted = false;
    while (!exhausted && scanned < MAX_SCANNED && events.length < input.limit && bytes < MAX_PAGE_BYTES) {
      const step = store.readGroup(group.id, place, end, SCAN_STEP);
      const unknown = step.map((event) => event.stream_id).filter((id) => !names.has(id));
      for (const [id, stream] of store.streamNames(unknown)) names.set(id, stream);
      exhausted = step.length < SCAN_STEP;
      scanned += step.length;
      for (const event of step) {
        if (events.length === input.limit || bytes >= MAX_PAGE_BYTES) {
          exhausted = false;
          break;
        }
        place = { timestamp: event.timestamp, stream: event.stream_id, sequence: event.sequence };
        if (!chosen(names.get(event.stream_id) ?? '') || !matches(event.message)) continue;
        events.push(event);
        bytes += Buffer.byteLength(event.message);
      }
      // Others get their turn between two steps.
      await new Promise(setImmediate);
    }
    return {
      events: events.map((event) => ({
        logStreamName: names.get(event.stream_id),
        timestamp: event.timestamp,
        message: event.message,
        ingestionTime: event.ingestion,
        eventId: digits(event),
      })),
      searchedLogStreams: [],
      ...(!exhausted && { nextToken: formatToken(place) }),
    };
  };
}

function streamChooser(input: {
  logStreamNames?: string[] | undefined;
  logStreamNamePrefix?: string | undefined;
}): (name: string) => boolean {
  const { logStreamNames, logStreamNamePrefix } = input;
  if (logStreamNames) {
    const names = new Set(logStreamNames);
    return (name) => names.has(name);
  }
  return logStreamNamePrefix === undefined ? () => true : (name) => name.startsWith(logStreamNamePrefix);
}

/** 56 digits, unique and in the order of the events, as the ids of AWS are. */
function digits(event: StoredEvent): string {
  const part = (value: number, length: number) => String(value).padStart(length, '0');
  return part(event.timestamp, 20) + part(event.stream_id, 18) + part(event.sequence, 18);
}

function formatToken(place: Place): string {
  return Buffer.from(`${place.timestamp}.${place.stream}.${place.sequence}`).toString('base64url');
}

function parseToken(text: string): Place {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(Buffer.from(text, 'base64url').toString());
  if (!match) throw invalidParameter('The specified nextToken is invalid.');
  return { timestamp: Number(match[1]), stream: Number(match[2]), sequence: Number(match[3]) };
}
