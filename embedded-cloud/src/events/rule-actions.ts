/** Actions on rules and their targets. */
import { z } from 'zod';
import { type Action, AwsError, type Call, type Cloud } from '../service.ts';
import { busNameOf, DEFAULT_BUS, ruleArn } from './arn.ts';
import { parseInput, validationError } from './input.ts';
import type { Rule, Rules } from './rules.ts';
import type { EventStore } from './store.ts';
import { checkTarget, targetShape } from './target.ts';
import type { Timer } from './timer.ts';

/** Five targets a rule (EventBridge quotas). */
const MAX_TARGETS = 5;

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[.\-_A-Za-z0-9]+$/, 'Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+');
const EventBusName = z.string().min(1).max(1600).optional();
const oneRule = z.object({ Name: name, EventBusName });
const putRule = oneRule.extend({
  EventPattern: z.string().max(4096).optional(),
  ScheduleExpression: z.string().max(256).optional(),
  State: z.enum(['ENABLED', 'DISABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS']).default('ENABLED'),
  Description: z.string().max(512).optional(),
  RoleArn: z.string().optional(),
});
const putTargets = z.object({ Rule: name, EventBusName, Targets: z.array(targetShape).min(1).max(100) });
const removeTargets = z.object({ Rule: name, EventBusName, Ids: z.array(z.string()).min(1).max(100) });
const listRules = z.object({
  NamePrefix: z.string().optional(),
  EventBusName,
  Limit: z.int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});
const listTargets = z.object({ Rule: name, EventBusName });

export function ruleActions(
  cloud: Cloud,
  store: EventStore,
  rules: Rules,
  timer: Timer,
): Record<string, Action> {
  /** Authorises and finds. */
  const open = (call: Call, action: string, bus: string | undefined, rule: string): Rule => {
    const busName = busNameOf(bus);
    call.authorize(`events:${action}`, ruleArn(cloud, busName, rule));
    const found = rules.find(busName, rule);
    if (found) return found;
    throw new AwsError('ResourceNotFoundException', `Rule ${rule} does not exist on EventBus ${busName}.`);
  };
  const setState = (action: string, state: 'ENABLED' | 'DISABLED'): Action => {
    return (raw, call) => {
      const input = parseInput(oneRule, raw);
      const { row } = open(call, action, input.EventBusName, input.Name);
      rules.put({ ...row, state });
      timer.wake();
      return {};
    };
  };

  return {
    PutRule(raw, call) {
      const input = parseInput(putRule, raw);
      const bus = busNameOf(input.EventBusName);
      call.authorize('events:PutRule', ruleArn(cloud, bus, input.Name));
      requireBus(store, bus);
      const existing = rules.find(bus, input.Name)?.row;
      checkTriggers(bus, input.EventPattern, input.ScheduleExpression);
      const rule = rules.put({
        bus,
        name: input.Name,
        pattern: input.EventPattern ?? null,
        schedule: input.ScheduleExpression ?? null,
        state: input.State === 'DISABLED' ? 'DISABLED' : 'ENABLED',
        description: input.Description ?? null,
        role: input.RoleArn ?? null,
        origin: existing?.origin ?? 'api',
      });
      timer.wake();
      return { RuleArn: rule.arn };
    },
    PutTargets(raw, call) {
      const input = parseInput(putTargets, raw);
      const rule = open(call, 'PutTargets', input.EventBusName, input.Rule);
      for (const target of input.Targets) checkTarget(cloud, target);
      const ids = new Set([...rule.targets.keys(), ...input.Targets.map((target) => target.Id)]);
      if (ids.size > MAX_TARGETS) {
        throw new AwsError(
          'LimitExceededException',
          'The requested resource exceeds the maximum number allowed.',
        );
      }
      for (const target of input.Targets) rules.putTarget(rule, target);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    RemoveTargets(raw, call) {
      const input = parseInput(removeTargets, raw);
      const rule = open(call, 'RemoveTargets', input.EventBusName, input.Rule);
      const missing = input.Ids.filter((id) => !rules.removeTarget(rule, id));
      return {
        FailedEntryCount: missing.length,
        FailedEntries: missing.map((TargetId) => ({
          TargetId,
          ErrorCode: 'ResourceNotFoundException',
          ErrorMessage: `Rule ${input.Rule} does not have a target with the Id ${TargetId}.`,
        })),
      };
    },
    DeleteRule(raw, call) {
      const input = parseInput(oneRule, raw);
      const bus = busNameOf(input.EventBusName);
      call.authorize('events:DeleteRule', ruleArn(cloud, bus, input.Name));
      const rule = rules.find(bus, input.Name);
      if (rule && rule.targets.size > 0) throw validationError("Rule can't be deleted since it has targets.");
      // Deleting what is not there succeeds, as on AWS.
      rules.remove(bus, input.Name);
      timer.wake();
      return {};
    },
    EnableRule: setState('EnableRule', 'ENABLED'),
    DisableRule: setState('DisableRule', 'DISABLED'),
    DescribeRule(raw, call) {
      const input = parseInput(oneRule, raw);
      const rule = open(call, 'DescribeRule', input.EventBusName, input.Name);
      return { ...describe(rule), CreatedBy: cloud.accountId };
    },
    ListRules(raw, call) {
      const input = parseInput(listRules, raw);
      const bus = busNameOf(input.EventBusName);
      call.authorize('events:ListRules', ruleArn(cloud, bus, '*'));
      requireBus(store, bus);
      const after = input.NextToken ?? '';
      const found = rules
        .of(bus)
        .filter(({ row }) => row.name > after && row.name.startsWith(input.NamePrefix ?? ''));
      const page = found.slice(0, input.Limit);
      return {
        Rules: page.map(describe),
        ...(found.length > page.length && { NextToken: page.at(-1)?.row.name }),
      };
    },
    ListTargetsByRule(raw, call) {
      const input = parseInput(listTargets, raw);
      const rule = open(call, 'ListTargetsByRule', input.EventBusName, input.Rule);
      return { Targets: [...rule.targets.values()] };
    },
  };
}

/** @throws AwsError ResourceNotFoundException */
export function requireBus(store: EventStore, bus: string): void {
  if (store.findBus(bus)) return;
  throw new AwsError('ResourceNotFoundException', `Event bus ${bus} does not exist.`);
}

/** A rule has a pattern, a schedule or both; schedules run on the default bus only. */
export function checkTriggers(bus: string, pattern: unknown, schedule: string | undefined): void {
  if (pattern === undefined && schedule === undefined) {
    throw validationError('Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  if (schedule !== undefined && bus !== DEFAULT_BUS) {
    throw validationError('ScheduleExpression is supported only on the default event bus.');
  }
}

function describe({ row, arn }: Rule): Record<string, unknown> {
  return {
    Name: row.name,
    Arn: arn,
    EventBusName: row.bus,
    State: row.state,
    ...(row.pattern !== null && { EventPattern: row.pattern }),
    ...(row.schedule !== null && { ScheduleExpression: row.schedule }),
    ...(row.description !== null && { Description: row.description }),
    ...(row.role !== null && { RoleArn: row.role }),
  };
}
