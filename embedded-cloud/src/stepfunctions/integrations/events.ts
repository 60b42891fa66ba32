/** `events:putEvents` (https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html). */
import { StateFailure } from '../failure.ts';
import { isObject, type Json, toJson } from '../json.ts';
import type { Integration, TaskContext } from './integration.ts';
import { serviceFailure } from './service-errors.ts';

const NAMES = { prefix: 'EventBridge', general: 'AWSEventsException' };

/** The Detail may be JSON; the execution and its machine are added to the Resources. */
function toEntry(entry: Json, task: TaskContext): Json {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
  const { Detail, Resources } = entry;
  return {
    ...entry,
    ...(Detail === undefined ? {} : { Detail: typeof Detail === 'string' ? Detail : JSON.stringify(Detail) }),
    Resources: [...(Array.isArray(Resources) ? Resources : []), task.executionArn, task.machineArn],
  };
}

export function eventsPutEvents(pattern: 'response' | 'token'): Integration {
  return {
    resourceType: 'events',
    resource: pattern === 'token' ? 'putEvents.waitForTaskToken' : 'putEvents',
    pattern,
    async submit(client, args, task) {
      const entries = Array.isArray(args.Entries) ? args.Entries : [];
      let response: unknown;
      try {
        const Entries = entries.map((entry) => toEntry(entry, task));
        response = await client.call('events', 'PutEvents', { ...args, Entries });
      } catch (error) {
        throw serviceFailure(NAMES, error);
      }
      const result = toJson(response);
      if (isObject(result) && typeof result.FailedEntryCount === 'number' && result.FailedEntryCount > 0) {
        throw new StateFailure('EventBridge.FailedEntry', JSON.stringify(result));
      }
      return result;
    },
  };
}
