/** What the actions of CloudWatch Logs share: the cloud, the store, and how a group or stream is found. */
import { AwsError, type Cloud } from '../service.ts';
import { groupNameOf, invalidParameterGroup } from './arn.ts';
import type { Group, LogStore, Stream } from './store.ts';

export interface LogsContext {
  readonly cloud: Cloud;
  readonly store: LogStore;
}

/** @throws AwsError ResourceNotFoundException */
export function requireGroup({ store }: LogsContext, name: string): Group {
  const group = store.findGroup(name);
  if (!group) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
  return group;
}

/** @throws AwsError ResourceNotFoundException */
export function requireStream(context: LogsContext, group: Group, name: string): Stream {
  const stream = context.store.findStream(group.id, name);
  if (!stream) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  return stream;
}

/** The group's name from `logGroupName` or `logGroupIdentifier`, exactly one of which a caller must send. */
export function namedGroup(input: {
  logGroupName?: string | undefined;
  logGroupIdentifier?: string | undefined;
}): string {
  const given = input.logGroupName ?? input.logGroupIdentifier;
  if (given === undefined || (input.logGroupName !== undefined && input.logGroupIdentifier !== undefined)) {
    throw invalidParameterGroup();
  }
  return groupNameOf(given);
}
