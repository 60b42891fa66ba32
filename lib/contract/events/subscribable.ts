/** Which events of the registry a subscription can ask for: Staithe's own, but not those of its notifications. */
import type { SubscribableEvents } from '../../domain/subscription/events.ts';
import { FAMILIES } from './index.ts';
import { notificationEvents } from './notification.ts';
import { projectEvents } from './project.ts';

const families = FAMILIES.filter(({ noun }) => noun !== notificationEvents.noun);
const namesOf = (some: typeof families): string[] =>
  some.flatMap(({ events }) => Object.values(events).map(({ name }) => name));

/** An event is of a project when its detail names one, or is of the project itself. */
const isOfProject = ({ noun, detail }: (typeof families)[number]): boolean =>
  'project_id' in detail.shape || noun === projectEvents.noun;

export const SUBSCRIBABLE: SubscribableEvents = {
  names: namesOf(families),
  ofProjects: namesOf(families.filter(isOfProject)),
};

const NAMES = new Set(SUBSCRIBABLE.names);

export const isSubscribable = (name: string): boolean => NAMES.has(name);
