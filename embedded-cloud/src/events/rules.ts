/** The rules in force, compiled: a view on the store that is kept in step with it. */
import type { Cloud } from '../service.ts';
import { busArn, ruleArn } from './arn.ts';
import type { JsonObject } from './pattern/json.ts';
import { compileEventPattern, type EventPattern } from './pattern/match.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import type { EventStore, RuleRow, TargetRow } from './store.ts';
import { type Target, targetShape } from './target.ts';

export interface Rule {
  readonly row: RuleRow;
  readonly arn: string;
  readonly matches: EventPattern | undefined;
  readonly schedule: Schedule | undefined;
  readonly targets: Map<string, Target>;
}

export class Rules {
  readonly #cloud: Cloud;
  readonly #store: EventStore;
  readonly #buses = new Map<string, Map<string, Rule>>();

  constructor(cloud: Cloud, store: EventStore) {
    this.#cloud = cloud;
    this.#store = store;
    for (const row of store.rules()) this.#add(row);
    for (const target of store.targets()) this.#addTarget(target);
  }

  find(bus: string, name: string): Rule | undefined {
    return this.#buses.get(bus)?.get(name);
  }

  of(bus: string): Rule[] {
    return [...(this.#buses.get(bus)?.values() ?? [])].sort((a, b) => (a.row.name < b.row.name ? -1 : 1));
  }

  all(): Rule[] {
    return [...this.#buses.keys()].flatMap((bus) => this.of(bus));
  }

  /** The rules of a bus that an event matches. */
  matching(bus: string, event: JsonObject): Rule[] {
    const rules = this.#buses.get(bus)?.values() ?? [];
    return [...rules].filter((rule) => rule.row.state === 'ENABLED' && rule.matches?.(event));
  }

  /**
   * Writes a rule; its targets stay. The next firing of a schedule that did not change stays too.
   * @throws AwsError for an invalid pattern or schedule, with nothing changed
   */
  put(definition: Omit<RuleRow, 'changed' | 'next_fire'>): Rule {
    const existing = this.find(definition.bus, definition.name);
    const same = existing?.row.schedule === definition.schedule && existing.row.state === definition.state;
    const changed = same && existing ? existing.row.changed : this.#cloud.now();
    const row: RuleRow = {
      ...definition,
      changed,
      next_fire: same && existing ? existing.row.next_fire : null,
    };
    const rule = this.#compile(row, existing?.targets);
    this.#store.putRule(row);
    this.#keep(rule);
    return rule;
  }

  remove(bus: string, name: string): void {
    this.#store.removeRule(bus, name);
    this.#buses.get(bus)?.delete(name);
  }

  putTarget(rule: Rule, target: Target): void {
    const { bus, name } = rule.row;
    this.#store.putTarget({ bus, rule: name, id: target.Id, definition: JSON.stringify(target) });
    rule.targets.set(target.Id, target);
  }

  removeTarget(rule: Rule, id: string): boolean {
    rule.targets.delete(id);
    return this.#store.removeTarget(rule.row.bus, rule.row.name, id);
  }

  setNextFire(rule: Rule, time: number | null): void {
    this.#store.setNextFire(rule.row, time);
    this.#keep({ ...rule, row: { ...rule.row, next_fire: time } });
  }

  /** What a bus's policy adds to an authorization. */
  busResource(bus: string): { arn: string; resourcePolicies: unknown[] } {
    const policy = this.#store.findBus(bus)?.policy;
    return { arn: busArn(this.#cloud, bus), resourcePolicies: policy ? [JSON.parse(policy)] : [] };
  }

  #add(row: RuleRow): void {
    this.#keep(this.#compile(row));
  }

  #addTarget(target: TargetRow): void {
    const parsed = targetShape.parse(JSON.parse(target.definition));
    this.find(target.bus, target.rule)?.targets.set(target.id, parsed);
  }

  #compile(row: RuleRow, targets = new Map<string, Target>()): Rule {
    return {
      row,
      arn: ruleArn(this.#cloud, row.bus, row.name),
      matches: row.pattern === null ? undefined : compileEventPattern(row.pattern),
      schedule: row.schedule === null ? undefined : parseSchedule(row.schedule),
      targets,
    };
  }

  #keep(rule: Rule): void {
    const bus = this.#buses.get(rule.row.bus) ?? new Map<string, Rule>();
    bus.set(rule.row.name, rule);
    this.#buses.set(rule.row.bus, bus);
  }
}
