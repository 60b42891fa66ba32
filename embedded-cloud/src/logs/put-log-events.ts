/** PutLogEvents: limits, order and the window of acceptable times, as the API reference states them. */
import { z } from 'zod';
import type { Action } from '../service.ts';
import { streamArn } from './arn.ts';
import { type LogsContext, requireGroup, requireStream } from './context.ts';
import { groupName } from './groups.ts';
import { invalidParameter, parseInput } from './input.ts';
import { EVENT_OVERHEAD_BYTES, type InputEvent } from './store.ts';
import { resourcePolicies, streamName } from './streams.ts';

const MAX_BATCH_EVENTS = 10_000;
const MAX_BATCH_BYTES = 1_048_576;
/** An event with its overhead of 26 bytes: 256 KiB. */
const MAX_EVENT_BYTES = 262_144;
const DAY_MS = 86_400_000;
const MAX_AGE_MS = 14 * DAY_MS;
const MAX_AHEAD_MS = 2 * 3_600_000;
const MAX_SPAN_MS = DAY_MS;

const putLogEvents = z.object({
  logGroupName: groupName,
  logStreamName: streamName,
  logEvents: z
    .array(z.object({ timestamp: z.int().min(0), message: z.string().min(1) }))
    .min(1)
    .max(MAX_BATCH_EVENTS),
  // Accepted and ignored since 2023 (API reference).
  sequenceToken: z.string().optional(),
});

/** @param written told of what was stored */
export function putLogEventsAction(
  context: LogsContext,
  written: (group: string, stream: string, events: readonly InputEvent[]) => void,
): Action {
  const { cloud, store } = context;
  return (raw, call) => {
    const input = parseInput(putLogEvents, raw);
    const arn = streamArn(cloud, input.logGroupName, input.logStreamName);
    call.authorize('logs:PutLogEvents', arn, resourcePolicies(context));
    const group = requireGroup(context, input.logGroupName);
    const stream = requireStream(context, group, input.logStreamName);
    checkBatch(input.logEvents);
    const { accepted, rejected } = acceptable(input.logEvents, cloud.now(), group.retention);
    if (accepted.length > 0) {
      store.append([{ stream, events: accepted }], cloud.now());
      written(group.name, stream.name, accepted);
    }
    const last = stream.last_sequence + accepted.length;
    return {
      nextSequenceToken: String(last).padStart(56, '0'),
      ...(rejected && { rejectedLogEventsInfo: rejected }),
    };
  };
}

/** @throws AwsError InvalidParameterException */
function checkBatch(events: readonly InputEvent[]): void {
  let bytes = 0;
  let previous = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
    if (size > MAX_EVENT_BYTES) {
      throw invalidParameter(`Log event too large: ${size} bytes exceeds limit of ${MAX_EVENT_BYTES}`);
    }
    if (event.timestamp < previous) {
      throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
    }
    bytes += size;
    previous = event.timestamp;
  }
  if (bytes > MAX_BATCH_BYTES) {
    throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
  }
  if (previous - (events[0]?.timestamp ?? 0) > MAX_SPAN_MS) {
    throw invalidParameter(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    );
  }
}

/** Splits off what lies outside the window of time. The indexes in `rejected` are those of the reference. */
function acceptable(events: readonly InputEvent[], now: number, retention: number | null) {
  const expired = retention === null ? 0 : now - retention * DAY_MS;
  const oldest = now - MAX_AGE_MS;
  const tooNew = events.findIndex((event) => event.timestamp > now + MAX_AHEAD_MS);
  const end = tooNew < 0 ? events.length : tooNew;
  const firstYoung = firstIndex(events, (event) => event.timestamp >= oldest);
  const firstKept = firstIndex(events, (event) => event.timestamp >= Math.max(expired, oldest));
  const rejected = {
    ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
    ...(firstYoung > 0 && { tooOldLogEventEndIndex: firstYoung }),
    ...(expired > oldest && firstKept > firstYoung && { expiredLogEventEndIndex: firstKept }),
  };
  return {
    accepted: events.slice(firstKept, Math.max(end, firstKept)),
    rejected: Object.keys(rejected).length > 0 ? rejected : undefined,
  };
}

function firstIndex(events: readonly InputEvent[], test: (event: InputEvent) => boolean): number {
  const index = events.findIndex(test);
  return index < 0 ? events.length : index;
}
