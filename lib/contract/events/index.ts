/**
 * The registry of events: what is published when something changes, and what of AWS's own events is listened to. The
 * relay, the patterns of rules, all listeners and docs/events.md read it; a name or a source stands nowhere else.
 */
import { artifactEvents } from './artifact.ts';
import { executionDied, objectCreated } from './aws.ts';
import { deliveryEvents } from './delivery.ts';
import { deploymentEvents } from './deployment.ts';
import { deploymentJobEvents } from './deployment-job.ts';
import type { EventSpec } from './event.ts';
import type { EventFamily } from './family.ts';
import { jobEvents } from './job.ts';
import { notificationEvents } from './notification.ts';
import { deletionEvents, projectEvents } from './project.ts';
import { releaseEvents } from './release.ts';
import { runEvents } from './run.ts';
import { sourceEvents } from './source.ts';
import { subscriptionEvents } from './subscription.ts';

/** Staithe's own, in the order in which docs/events.md tells them. */
export const FAMILIES: readonly Pick<
  EventFamily,
  'noun' | 'entity' | 'version' | 'detail' | 'events' | 'hasRemovalEvent' | 'untold' | 'eventOf'
>[] = [
  projectEvents,
  sourceEvents,
  runEvents,
  jobEvents,
  artifactEvents,
  releaseEvents,
  deploymentEvents,
  deploymentJobEvents,
  deliveryEvents,
  deletionEvents,
  subscriptionEvents,
  notificationEvents,
];

export const AWS_EVENTS: readonly EventSpec[] = [objectCreated, executionDied];
