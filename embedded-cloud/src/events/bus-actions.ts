/** Actions on event buses, and TestEventPattern. */
import { z } from 'zod';
import type { Action, Cloud } from '../service.ts';
import { busArn, busNameOf } from './arn.ts';
import { parseInput, validationError } from './input.ts';
import { isObject, type JsonObject } from './pattern/json.ts';
import { compileEventPattern } from './pattern/match.ts';
import { requireBus } from './rule-actions.ts';
import type { BusRow, EventStore } from './store.ts';

const listBuses = z.object({
  NamePrefix: z.string().optional(),
  Limit: z.int().min(1).max(100).default(100),
});
const describeBus = z.object({ Name: z.string().optional() });
const testPattern = z.object({ EventPattern: z.string().max(4096), Event: z.string() });
/** What an event needs to be tested (TestEventPattern reference). */
const MANDATORY = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'];

export function busActions(cloud: Cloud, store: EventStore): Record<string, Action> {
  const describe = (bus: BusRow) => ({
    Name: bus.name,
    Arn: busArn(cloud, bus.name),
    ...(bus.policy !== null && { Policy: bus.policy }),
    CreationTime: bus.created / 1000,
    LastModifiedTime: bus.created / 1000,
  });
  return {
    ListEventBuses(raw, call) {
      const input = parseInput(listBuses, raw);
      call.authorize('events:ListEventBuses', '*');
      const buses = store.buses().filter((bus) => bus.name.startsWith(input.NamePrefix ?? ''));
      return { EventBuses: buses.slice(0, input.Limit).map(describe) };
    },
    DescribeEventBus(raw, call) {
      const name = busNameOf(parseInput(describeBus, raw).Name);
      call.authorize('events:DescribeEventBus', busArn(cloud, name));
      requireBus(store, name);
      return store
        .buses()
        .filter((bus) => bus.name === name)
        .map(describe)[0];
    },
    TestEventPattern(raw, call) {
      const input = parseInput(testPattern, raw);
      call.authorize('events:TestEventPattern', '*');
      const matches = compileEventPattern(input.EventPattern);
      return { Result: matches(parseEvent(input.Event)) };
    },
  };
}

function parseEvent(text: string): JsonObject {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    throw validationError('Parameter Event is not valid.');
  }
  if (!isObject(event)) throw validationError('Parameter Event is not valid.');
  const missing = MANDATORY.filter((member) => !Object.hasOwn(event, member));
  if (missing.length > 0) {
    throw validationError(`Parameter Event is not valid. Reason: missing ${missing.join(', ')}.`);
  }
  return event;
}
