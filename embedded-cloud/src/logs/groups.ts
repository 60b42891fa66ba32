/** Actions on log groups: create, delete, describe, retention, tags. */
import { z } from 'zod';
import { type Action, AwsError } from '../service.ts';
import { bareGroupArn, groupActionArn, groupArn, groupNameOf } from './arn.ts';
import { type LogsContext, requireGroup } from './context.ts';
import { invalidParameter, parseInput } from './input.ts';
import type { Group } from './store.ts';

/** Names as the API reference allows them: 1–512 of `a-zA-Z0-9_-/.#`. */
export const groupName = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[.\-_/#A-Za-z0-9]+$/, 'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+');
const tags = z.record(z.string().min(1).max(128), z.string().max(256));

/** The days that PutRetentionPolicy accepts. */
export const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const createGroup = z.object({ logGroupName: groupName, tags: tags.optional() });
const oneGroup = z.object({ logGroupName: groupName });
const describeGroups = z.object({
  logGroupNamePrefix: z.string().optional(),
  logGroupNamePattern: z.string().optional(),
  limit: z.int().min(1).max(50).default(50),
  nextToken: z.string().optional(),
});
const putRetention = z.object({ logGroupName: groupName, retentionInDays: z.int() });
const tagResource = z.object({ resourceArn: z.string(), tags });
const untagResource = z.object({ resourceArn: z.string(), tagKeys: z.array(z.string()) });
const resource = z.object({ resourceArn: z.string() });

export function groupActions(context: LogsContext): Record<string, Action> {
  const { cloud, store } = context;
  const tagged = (input: { resourceArn: string }): Group =>
    requireGroup(context, groupNameOf(input.resourceArn));

  return {
    CreateLogGroup(raw, call) {
      const input = parseInput(createGroup, raw);
      call.authorize('logs:CreateLogGroup', groupActionArn(cloud, input.logGroupName));
      if (!store.addGroup(input.logGroupName, cloud.now())) {
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
      }
      if (input.tags) store.setTags(requireGroup(context, input.logGroupName), input.tags);
      return {};
    },
    DeleteLogGroup(raw, call) {
      const input = parseInput(oneGroup, raw);
      call.authorize('logs:DeleteLogGroup', groupActionArn(cloud, input.logGroupName));
      store.removeGroup(requireGroup(context, input.logGroupName));
      return {};
    },
    DescribeLogGroups(raw, call) {
      const input = parseInput(describeGroups, raw);
      call.authorize('logs:DescribeLogGroups', groupActionArn(cloud, ''));
      const pattern = input.logGroupNamePattern?.toLowerCase();
      const found = store.listGroups(
        input.logGroupNamePrefix ?? '',
        input.nextToken ?? '',
        // A pattern is a substring without regard to case: all groups are looked through.
        pattern === undefined ? input.limit + 1 : 1_000_000,
      );
      const matching = found.filter((group) => !pattern || group.name.toLowerCase().includes(pattern));
      const page = matching.slice(0, input.limit);
      return {
        logGroups: page.map((group) => describe(context, group)),
        ...(matching.length > page.length && { nextToken: page.at(-1)?.name }),
      };
    },
    PutRetentionPolicy(raw, call) {
      const input = parseInput(putRetention, raw);
      call.authorize('logs:PutRetentionPolicy', groupActionArn(cloud, input.logGroupName));
      store.setRetention(requireGroup(context, input.logGroupName), retentionDays(input.retentionInDays));
      return {};
    },
    DeleteRetentionPolicy(raw, call) {
      const input = parseInput(oneGroup, raw);
      call.authorize('logs:DeleteRetentionPolicy', groupActionArn(cloud, input.logGroupName));
      store.setRetention(requireGroup(context, input.logGroupName), null);
      return {};
    },
    TagResource(raw, call) {
      const input = parseInput(tagResource, raw);
      call.authorize('logs:TagResource', bareGroupArn(cloud, groupNameOf(input.resourceArn)));
      const group = tagged(input);
      store.setTags(group, { ...tagsOf(group), ...input.tags });
      return {};
    },
    UntagResource(raw, call) {
      const input = parseInput(untagResource, raw);
      call.authorize('logs:UntagResource', bareGroupArn(cloud, groupNameOf(input.resourceArn)));
      const group = tagged(input);
      const kept = Object.entries(tagsOf(group)).filter(([key]) => !input.tagKeys.includes(key));
      store.setTags(group, Object.fromEntries(kept));
      return {};
    },
    ListTagsForResource(raw, call) {
      const input = parseInput(resource, raw);
      call.authorize('logs:ListTagsForResource', bareGroupArn(cloud, groupNameOf(input.resourceArn)));
      return { tags: tagsOf(tagged(input)) };
    },
  };
}

/** @throws AwsError InvalidParameterException for a number of days that AWS does not offer */
export function retentionDays(days: number): number {
  if (RETENTION_DAYS.includes(days)) return days;
  throw invalidParameter(
    `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: ` +
      `Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`,
  );
}

function tagsOf(group: Group): Record<string, string> {
  return tags.parse(JSON.parse(group.tags));
}

function describe({ cloud, store }: LogsContext, group: Group): Record<string, unknown> {
  return {
    logGroupName: group.name,
    creationTime: group.created,
    ...(group.retention !== null && { retentionInDays: group.retention }),
    metricFilterCount: 0,
    arn: groupArn(cloud, group.name),
    logGroupArn: bareGroupArn(cloud, group.name),
    logGroupClass: 'STANDARD',
    storedBytes: store.storedBytes(group),
  };
}
