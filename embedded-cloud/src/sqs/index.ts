/** SQS of the embedded cloud: standard queues, whose messages are on disk before their sender is told so. */
import type { Cloud, Service } from '../service.ts';
import { Arrivals } from './arrivals.ts';
import type { Sqs } from './context.ts';
import { messageActions } from './message-actions.ts';
import { queueActions } from './queue-actions.ts';
import { QueueStore } from './store.ts';
import { queueResources } from './template.ts';

export function sqs(cloud: Cloud): Service {
  const store = new QueueStore(cloud.stateDir('sqs'));
  const arrivals = new Arrivals();
  const context: Sqs = { cloud, store, arrivals };
  const ofTemplate = new Set<string>();
  return {
    name: 'sqs',
    actions: { ...queueActions(context), ...messageActions(context) },
    resources: queueResources(context, ofTemplate),
    start() {
      // The template no longer has it.
      for (const { name, origin } of store.all())
        if (origin === 'template' && !ofTemplate.has(name)) store.remove(name);
    },
    stop() {
      arrivals.stop();
      store.database.close();
    },
  };
}
