/** EventBridge of the embedded cloud. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Action, AwsError, type Cloud, type Service } from '../service.ts';
import { DEFAULT_BUS } from './arn.ts';
import { busActions } from './bus-actions.ts';
import { Delivery } from './delivery.ts';
import { type EventSink, eventSink, putEventsActions } from './put-events.ts';
import { eventResources } from './resources.ts';
import { ruleActions } from './rule-actions.ts';
import { Rules } from './rules.ts';
import { openEventStore } from './store.ts';
import { type Forward, sender } from './target.ts';
import { createTimer } from './timer.ts';

export function events(cloud: Cloud): Service {
  const store = openEventStore(cloud.stateDir('events'));
  store.addBus(DEFAULT_BUS, cloud.now());
  const rules = new Rules(cloud, store);
  // Proves that ForwardEvent comes from this process: an event forwarded keeps its source, which may be `aws.*`.
  const pass = randomUUID();
  const forward: Forward = (principal, bus, event) =>
    cloud.call(principal, 'events', 'ForwardEvent', { pass, bus, event });
  const delivery = new Delivery(cloud, store, rules, sender(cloud, forward));
  const sink = eventSink(rules, delivery);
  const timer = createTimer(cloud, rules, delivery);
  const templateRules = new Set<string>();

  return {
    name: 'events',
    actions: {
      ...putEventsActions(cloud, store, rules, sink),
      ...ruleActions(cloud, store, rules, timer),
      ...busActions(cloud, store),
      ForwardEvent: forwardEventAction(rules, sink, pass),
    },
    resources: eventResources(cloud, store, rules, templateRules),
    start() {
      for (const { row } of rules.all()) {
        // The template no longer has it.
        if (row.origin === 'template' && !templateRules.has(`${row.bus}|${row.name}`)) {
          rules.remove(row.bus, row.name);
        }
      }
      delivery.start();
      timer.start();
    },
    // What comes in until the end is kept for the next start: its targets stop before this service does.
    pause() {
      timer.stop();
      delivery.stop();
    },
    stop() {
      timer.stop();
      delivery.stop();
      store.close();
    },
  };
}

const forwardEvent = z.object({
  pass: z.string(),
  bus: z.string(),
  event: z.record(z.string(), z.unknown()),
});

/** The event of a rule whose target is another bus: the target's role needs `events:PutEvents` there. */
function forwardEventAction(rules: Rules, sink: EventSink, pass: string): Action {
  return (raw, call) => {
    const parsed = forwardEvent.safeParse(raw);
    if (!parsed.success || parsed.data.pass !== pass) {
      throw new AwsError('UnknownOperationException', 'ForwardEvent is not an action of EventBridge.');
    }
    const { bus, event } = parsed.data;
    const resource = rules.busResource(bus);
    call.authorize('events:PutEvents', resource.arn, {
      values: { 'events:source': String(event.source), 'events:detail-type': String(event['detail-type']) },
      resourcePolicies: resource.resourcePolicies,
    });
    sink.publish([{ bus, event }]);
    return {};
  };
}
