/** Actions on log streams: create, delete, describe. */
import { z } from 'zod';
import { type Action, AwsError } from '../service.ts';
import { groupActionArn, streamArn } from './arn.ts';
import { type LogsContext, namedGroup, requireGroup, requireStream } from './context.ts';
import { groupName } from './groups.ts';
import { invalidParameter, parseInput } from './input.ts';
import type { Stream } from './store.ts';

/** 1–512 characters without `:` and `*`. */
export const streamName = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^:*]*$/, 'Member must satisfy regular expression pattern: [^:*]*');

const oneStream = z.object({ logGroupName: groupName, logStreamName: streamName });
const describeStreams = z.object({
  logGroupName: groupName.optional(),
  logGroupIdentifier: z.string().optional(),
  logStreamNamePrefix: z.string().optional(),
  orderBy: z.enum(['LogStreamName', 'LastEventTime']).default('LogStreamName'),
  descending: z.boolean().default(false),
  limit: z.int().min(1).max(50).default(50),
  nextToken: z.string().regex(/^\d+$/, 'The specified nextToken is invalid.').optional(),
});

export function streamActions(context: LogsContext): Record<string, Action> {
  const { cloud, store } = context;
  return {
    CreateLogStream(raw, call) {
      const input = parseInput(oneStream, raw);
      call.authorize(
        'logs:CreateLogStream',
        streamArn(cloud, input.logGroupName, input.logStreamName),
        resourcePolicies(context),
      );
      const group = requireGroup(context, input.logGroupName);
      if (!store.addStream(group.id, input.logStreamName, cloud.now())) {
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      }
      return {};
    },
    DeleteLogStream(raw, call) {
      const input = parseInput(oneStream, raw);
      call.authorize('logs:DeleteLogStream', streamArn(cloud, input.logGroupName, input.logStreamName));
      store.removeStream(
        requireStream(context, requireGroup(context, input.logGroupName), input.logStreamName),
      );
      return {};
    },
    DescribeLogStreams(raw, call) {
      const input = parseInput(describeStreams, raw);
      const name = namedGroup(input);
      call.authorize('logs:DescribeLogStreams', groupActionArn(cloud, name));
      if (input.orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined) {
        throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
      }
      const offset = Number(input.nextToken ?? 0);
      const order = input.orderBy === 'LogStreamName' ? 'name' : 'lastEvent';
      const found = store.listStreams(
        requireGroup(context, name).id,
        input.logStreamNamePrefix ?? '',
        { order, descending: input.descending },
        { offset, limit: input.limit + 1 },
      );
      const page = found.slice(0, input.limit);
      return {
        logStreams: page.map((stream) => describe(context, name, stream)),
        ...(found.length > page.length && { nextToken: String(offset + page.length) }),
      };
    },
  };
}

/** The account's resource policies, by which AWS services may write (`events.amazonaws.com` as a rule's target). */
export function resourcePolicies({ store }: LogsContext): { resourcePolicies: unknown[] } {
  return { resourcePolicies: store.policies().map((policy): unknown => JSON.parse(policy.document)) };
}

function describe({ cloud }: LogsContext, group: string, stream: Stream): Record<string, unknown> {
  return {
    logStreamName: stream.name,
    creationTime: stream.created,
    ...(stream.first_event !== null && { firstEventTimestamp: stream.first_event }),
    ...(stream.last_event !== null && { lastEventTimestamp: stream.last_event }),
    ...(stream.last_ingestion !== null && { lastIngestionTime: stream.last_ingestion }),
    uploadSequenceToken: String(stream.last_sequence).padStart(56, '0'),
    arn: streamArn(cloud, group, stream.name),
    // Deprecated and always 0 since 2019 (LogStream reference).
    storedBytes: 0,
  };
}
