/** The template's resources of EventBridge. */
import { z } from 'zod';
import { type Cloud, notImplemented, type ResourceProvider } from '../service.ts';
import { busArn, busNameOf, DEFAULT_BUS } from './arn.ts';
import { parseInput, validationError } from './input.ts';
import { isObject } from './pattern/json.ts';
import { checkTriggers, requireBus } from './rule-actions.ts';
import type { Rules } from './rules.ts';
import type { EventStore } from './store.ts';
import { checkTarget, targetShape } from './target.ts';

const busProperties = z.object({ Name: z.string().min(1).max(256), Policy: z.unknown().optional() });
const policyProperties = z.object({
  EventBusName: z.string().optional(),
  StatementId: z.string().min(1).max(64),
  Statement: z.unknown().optional(),
  Action: z.string().optional(),
  Principal: z.string().optional(),
});
const ruleProperties = z.object({
  Name: z.string().max(64).optional(),
  Description: z.string().optional(),
  EventBusName: z.string().optional(),
  EventPattern: z.unknown().optional(),
  ScheduleExpression: z.string().optional(),
  State: z.string().default('ENABLED'),
  RoleArn: z.string().optional(),
  Targets: z.array(targetShape).max(5).default([]),
});

/** @param seen collects the rules of this template, as `bus|name` */
export function eventResources(
  cloud: Cloud,
  store: EventStore,
  rules: Rules,
  seen: Set<string>,
): Record<string, ResourceProvider> {
  const refused = (what: string): ResourceProvider => {
    return () => {
      throw notImplemented('events', what);
    };
  };
  return {
    'AWS::Events::EventBus'(request) {
      const { Name, Policy } = parseInput(busProperties, request.properties);
      store.addBus(Name, cloud.now());
      if (Policy !== undefined) store.setBusPolicy(Name, JSON.stringify(Policy));
      return {
        ref: Name,
        attributes: { Name, Arn: busArn(cloud, Name), ...(Policy !== undefined && { Policy }) },
      };
    },
    'AWS::Events::EventBusPolicy'(request) {
      const properties = parseInput(policyProperties, request.properties);
      const bus = busNameOf(properties.EventBusName);
      requireBus(store, bus);
      addStatement(
        store,
        bus,
        properties.StatementId,
        properties.Statement ?? oldStatement(cloud, bus, properties),
      );
      return { ref: `${bus}|${properties.StatementId}`, attributes: {} };
    },
    'AWS::Events::Rule'(request) {
      const properties = parseInput(ruleProperties, request.properties);
      const bus = busNameOf(properties.EventBusName);
      const name = properties.Name ?? request.generatedName.slice(-64);
      requireBus(store, bus);
      checkTriggers(bus, properties.EventPattern, properties.ScheduleExpression);
      for (const target of properties.Targets) checkTarget(cloud, target);
      const rule = rules.put({
        bus,
        name,
        pattern: properties.EventPattern === undefined ? null : patternText(properties.EventPattern),
        schedule: properties.ScheduleExpression ?? null,
        state: properties.State === 'DISABLED' ? 'DISABLED' : 'ENABLED',
        description: properties.Description ?? null,
        role: properties.RoleArn ?? null,
        origin: 'template',
      });
      const ids = new Set(properties.Targets.map((target) => target.Id));
      for (const id of [...rule.targets.keys()]) if (!ids.has(id)) rules.removeTarget(rule, id);
      for (const target of properties.Targets) rules.putTarget(rule, target);
      seen.add(`${bus}|${name}`);
      return { ref: bus === DEFAULT_BUS ? name : `${bus}|${name}`, attributes: { Arn: rule.arn } };
    },
    'AWS::Events::Archive': refused('archives (AWS::Events::Archive): events are not kept for replay'),
    'AWS::Events::Connection': refused('API connections (AWS::Events::Connection)'),
    'AWS::Events::ApiDestination': refused('API destinations (AWS::Events::ApiDestination)'),
    'AWS::Scheduler::Schedule': refused(
      'EventBridge Scheduler (AWS::Scheduler::Schedule): use AWS::Events::Rule with a ScheduleExpression',
    ),
  };
}

function patternText(pattern: unknown): string {
  return typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
}

/** Puts one statement into the bus's policy, in place of an earlier one with its id. */
function addStatement(store: EventStore, bus: string, id: string, statement: unknown): void {
  if (!isObject(statement))
    throw validationError(`Statement ${id} of the event bus policy is not an object.`);
  const policy: unknown = JSON.parse(store.findBus(bus)?.policy ?? '{}');
  const existing: unknown[] = isObject(policy) && Array.isArray(policy.Statement) ? policy.Statement : [];
  const others = existing.filter((each) => !isObject(each) || each.Sid !== id);
  store.setBusPolicy(
    bus,
    JSON.stringify({ Version: '2012-10-17', Statement: [...others, { ...statement, Sid: id }] }),
  );
}

/** The form before `Statement`: an action and an account. */
function oldStatement(
  cloud: Cloud,
  bus: string,
  { Action, Principal }: { Action?: string | undefined; Principal?: string | undefined },
): unknown {
  return {
    Effect: 'Allow',
    Principal: Principal === '*' ? '*' : { AWS: `arn:${cloud.partition}:iam::${Principal}:root` },
    Action: Action ?? 'events:PutEvents',
    Resource: busArn(cloud, bus),
  };
}
