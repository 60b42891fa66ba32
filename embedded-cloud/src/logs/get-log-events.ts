/**
 * GetLogEvents with the tokens of AWS: a token names a gap between two events, so the forward token of the last page
 * is good for following the stream, and at the end of the stream the same token comes back.
 */
import { z } from 'zod';
import type { Action } from '../service.ts';
import { streamArn } from './arn.ts';
import { type LogsContext, namedGroup, requireGroup, requireStream } from './context.ts';
import { groupName } from './groups.ts';
import { invalidParameter, parseInput } from './input.ts';
import type { StoredEvent } from './store.ts';
import { streamName } from './streams.ts';

const MAX_EVENTS = 10_000;
/** A page holds as many events as fit in 1 MiB. */
const MAX_PAGE_BYTES = 1_048_576;

const getLogEvents = z.object({
  logGroupName: groupName.optional(),
  logGroupIdentifier: z.string().optional(),
  logStreamName: streamName,
  startTime: z.int().min(0).default(0),
  endTime: z.int().min(0).default(Number.MAX_SAFE_INTEGER),
  nextToken: z.string().optional(),
  limit: z.int().min(1).max(MAX_EVENTS).default(MAX_EVENTS),
  startFromHead: z.boolean().default(false),
});

/** `forward`: what comes after this event; `backward`: what comes before it. */
interface Token {
  readonly direction: 'forward' | 'backward';
  readonly timestamp: number;
  readonly sequence: number;
}

export function getLogEventsAction(context: LogsContext): Action {
  const { cloud, store } = context;
  return (raw, call) => {
    const input = parseInput(getLogEvents, raw);
    const name = namedGroup(input);
    call.authorize('logs:GetLogEvents', streamArn(cloud, name, input.logStreamName));
    const stream = requireStream(context, requireGroup(context, name), input.logStreamName);

    const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
    const descending = token ? token.direction === 'backward' : !input.startFromHead;
    const after = { timestamp: input.startTime, stream: 0, sequence: 0 };
    const before = { timestamp: input.endTime, stream: 0, sequence: 0 };
    const found = store.readStream(stream.id, {
      after: token?.direction === 'forward' ? later(after, token) : after,
      before: token?.direction === 'backward' ? earlier(before, token) : before,
      limit: input.limit,
      descending,
    });
    const page = fitting(found);
    if (descending) page.reverse();
    return {
      events: page.map(({ timestamp, message, ingestion }) => ({
        timestamp,
        message,
        ingestionTime: ingestion,
      })),
      ...tokensAround(page, token ?? startOf(input.startTime, input.startFromHead)),
    };
  };
}

/** Where an empty page stands when there was no token: before everything. */
function startOf(startTime: number, fromHead: boolean): Token {
  return fromHead
    ? { direction: 'forward', timestamp: startTime, sequence: 0 }
    : { direction: 'backward', timestamp: startTime, sequence: 1 };
}

/** Of an empty page the token that was sent comes back unchanged, and its counterpart names the same gap. */
function tokensAround(page: readonly StoredEvent[], sent: Token) {
  const first = page[0];
  const last = page.at(-1);
  if (first && last) {
    return { nextForwardToken: format('f', last), nextBackwardToken: format('b', first) };
  }
  const { timestamp, sequence } = sent;
  return sent.direction === 'forward'
    ? {
        nextForwardToken: format('f', sent),
        nextBackwardToken: format('b', { timestamp, sequence: sequence + 1 }),
      }
    : {
        nextForwardToken: format('f', { timestamp, sequence: sequence - 1 }),
        nextBackwardToken: format('b', sent),
      };
}

/** At least one event, and no more than fit the page. */
function fitting(events: readonly StoredEvent[]): StoredEvent[] {
  let bytes = 0;
  const end = events.findIndex((event, index) => {
    bytes += Buffer.byteLength(event.message);
    return index > 0 && bytes > MAX_PAGE_BYTES;
  });
  return events.slice(0, end < 0 ? events.length : end);
}

/** `f/` or `b/`, 56 digits and `/s`, as long as those of AWS. */
function format(
  direction: 'f' | 'b',
  { timestamp, sequence }: { timestamp: number; sequence: number },
): string {
  return `${direction}/${String(timestamp).padStart(40, '0')}${String(sequence).padStart(16, '0')}/s`;
}

function parseToken(text: string): Token {
  const match = /^([fb])\/(\d{40})(\d{16})\/s$/.exec(text);
  if (!match) throw invalidParameter('The specified nextToken is invalid.');
  return {
    direction: match[1] === 'f' ? 'forward' : 'backward',
    timestamp: Number(match[2]),
    sequence: Number(match[3]),
  };
}

type Bound = { timestamp: number; stream: number; sequence: number };

function later(bound: Bound, token: Token): Bound {
  return token.timestamp >= bound.timestamp ? { ...token, stream: 0 } : bound;
}

function earlier(bound: Bound, token: Token): Bound {
  return token.timestamp <= bound.timestamp ? { ...token, stream: 0 } : bound;
}
