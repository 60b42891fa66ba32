/** Patterns of EventBridge's rules (user guide, "Creating Amazon EventBridge event patterns"). */
import type * as z from 'zod';
import type { EventSpec } from './event.ts';

export interface RulePattern {
  readonly source: string[];
  readonly detailType: string[];
  readonly detail?: Record<string, unknown>;
}

/**
 * Matches each of these events, of one source.
 * @param detail what the detail must have: for each of its fields the values, or EventBridge's filters
 */
export function patternOf<Spec extends EventSpec>(
  events: readonly Spec[],
  detail?: { readonly [Field in keyof z.output<Spec['detail']>]?: unknown },
): RulePattern {
  const sources = new Set(events.map(({ source }) => source));
  if (sources.size > 1) throw new Error(`One rule listens to one source, not to ${[...sources].join(', ')}.`);
  return {
    source: [...sources],
    detailType: events.map(({ name }) => name),
    ...(detail !== undefined && { detail }),
  };
}
