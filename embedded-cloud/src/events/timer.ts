/** Fires scheduled rules. The next time of each is on disk; what was missed while the cloud was down is not made up. */
import type { Cloud } from '../service.ts';
import { DEFAULT_BUS } from './arn.ts';
import type { Delivery } from './delivery.ts';
import { envelope } from './put-events.ts';
import type { Rule, Rules } from './rules.ts';

/** Looks at the clock at least this often, so that a suspended laptop or a moved clock is noticed. */
const LONGEST_SLEEP_MS = 60_000;

export interface Timer {
  /** To be called when rules have changed. */
  wake(): void;
  start(): void;
  stop(): void;
}

export function createTimer(cloud: Cloud, rules: Rules, delivery: Delivery): Timer {
  let timeout: NodeJS.Timeout | undefined;
  let running = false;

  const nextOf = (rule: Rule, after: number): number | null =>
    rule.row.state === 'ENABLED' ? (rule.schedule?.next(after, rule.row.changed) ?? null) : null;

  const fire = (rule: Rule, at: number): void => {
    const event = envelope(cloud, {
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      time: at,
      resources: [rule.arn],
      detail: {},
    });
    const text = JSON.stringify(event);
    const rows = [...rule.targets.keys()].map((target) => ({
      bus: DEFAULT_BUS,
      rule: rule.row.name,
      target,
      event: text,
    }));
    // One transaction: a firing is either queued and counted, or neither.
    delivery.accept(rows, () => rules.setNextFire(rule, nextOf(rule, cloud.now())));
  };

  const tick = (): void => {
    clearTimeout(timeout);
    if (!running) return;
    const now = cloud.now();
    let soonest = now + LONGEST_SLEEP_MS;
    for (const rule of rules.all()) {
      if (!rule.schedule || rule.row.state !== 'ENABLED') continue;
      if (rule.row.next_fire === null) rules.setNextFire(rule, nextOf(rule, now));
      else if (rule.row.next_fire <= now) fire(rule, rule.row.next_fire);
      const next = rules.find(rule.row.bus, rule.row.name)?.row.next_fire;
      if (next) soonest = Math.min(soonest, next);
    }
    timeout = setTimeout(tick, Math.max(soonest - cloud.now(), 1));
  };

  return {
    wake: tick,
    start() {
      running = true;
      const now = cloud.now();
      for (const rule of rules.all()) {
        const next = rule.row.next_fire;
        if (rule.schedule && next !== null && next <= now) rules.setNextFire(rule, nextOf(rule, now));
      }
      tick();
    },
    stop() {
      running = false;
      clearTimeout(timeout);
    },
  };
}
