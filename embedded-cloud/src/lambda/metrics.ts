/**
 * What CloudWatch tells of functions: Invocations, Errors, Throttles and Duration, in the namespace AWS/Lambda
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html). An invocation only counts in memory;
 * CloudWatch fetches the sums.
 */
import { type Datum, isCloudWatch } from '../cloudwatch/index.ts';
import { summaryOf } from '../cloudwatch/statistics.ts';
import type { Cloud } from '../service.ts';
import type { Alias } from './records.ts';
import type { Outcome } from './runtime/outcome.ts';

/** What an invocation counts for. */
export interface Invoked {
  readonly name: string;
  /** As the caller named it; '' for none. */
  readonly qualifier: string;
  /** Which version it went to, where a weighted alias has chosen one. */
  readonly executedVersion?: string | undefined;
}

/** The version shows only where an alias leads to more than one. */
export function invokedBy(
  { name, qualifier }: { readonly name: string; readonly qualifier: string },
  alias: Alias | undefined,
  version: string,
): Invoked {
  const isWeighted = alias !== undefined && Object.keys(alias.weights).length > 0;
  return { name, qualifier, ...(isWeighted && { executedVersion: version }) };
}

/** One minute of what one qualifier of a function, or one version behind it, has done. */
interface Activity {
  readonly invoked: Invoked;
  /** Milliseconds since the epoch. */
  readonly minute: number;
  readonly errors: Map<number, number>;
  readonly throttles: Map<number, number>;
  readonly durations: Map<number, number>;
}

const MINUTE_MS = 60_000;

export class LambdaMetrics {
  readonly #activities = new Map<string, Activity>();
  #isRead = false;

  /** Tells CloudWatch, where the cloud has it. Without, nothing is counted. */
  connect(cloud: Cloud): void {
    let service: ReturnType<Cloud['service']>;
    try {
      service = cloud.service('monitoring');
    } catch {
      return;
    }
    if (!isCloudWatch(service)) return;
    service.addSource(() => this.take());
    this.#isRead = true;
  }

  /** @param started when the event came, in milliseconds since the epoch */
  record(invoked: Invoked, started: number, outcome: Outcome): void {
    // No fault of the function, and none of its invocations.
    if (outcome.unreached) return;
    const activity = this.#activity(invoked, started);
    if (!activity) return;
    count(activity.errors, outcome.functionError ? 1 : 0);
    count(activity.throttles, 0);
    if (outcome.duration !== undefined) count(activity.durations, Number(outcome.duration.toFixed(2)));
  }

  /** Counts an event that was refused because too many were being handled. */
  throttled(invoked: Invoked, now: number): void {
    const activity = this.#activity(invoked, now);
    if (activity) count(activity.throttles, 1);
  }

  /** What was counted since the last call. */
  take(): Datum[] {
    const activities = [...this.#activities.values()];
    this.#activities.clear();
    return activities.flatMap(dataOf);
  }

  #activity(invoked: Invoked, time: number): Activity | undefined {
    if (!this.#isRead) return undefined;
    const minute = time - (time % MINUTE_MS);
    const key = `${minute} ${invoked.name}:${invoked.qualifier} ${invoked.executedVersion ?? ''}`;
    const found = this.#activities.get(key);
    if (found) return found;
    const made = { invoked, minute, errors: new Map(), throttles: new Map(), durations: new Map() };
    this.#activities.set(key, made);
    return made;
  }
}

function count(values: Map<number, number>, value: number): void {
  values.set(value, (values.get(value) ?? 0) + 1);
}

/** A metric for all functions together, and one more for each dimension that is added. */
function dimensionSets({ name, qualifier, executedVersion }: Invoked): Datum['dimensions'][] {
  const ofFunction = [{ Name: 'FunctionName', Value: name }];
  const ofResource = [...ofFunction, { Name: 'Resource', Value: qualifier ? `${name}:${qualifier}` : name }];
  const sets = [[], ofFunction, ofResource];
  if (executedVersion === undefined) return sets;
  return [...sets, [...ofResource, { Name: 'ExecutedVersion', Value: executedVersion }]];
}

function dataOf({ invoked, minute, errors, throttles, durations }: Activity): Datum[] {
  const invocations = [...errors.values()].reduce((sum, times) => sum + times, 0);
  const metrics = [
    { name: 'Invocations', unit: 'Count', values: new Map([[1, invocations]]) },
    { name: 'Errors', unit: 'Count', values: errors },
    { name: 'Throttles', unit: 'Count', values: throttles },
    { name: 'Duration', unit: 'Milliseconds', values: durations },
  ];
  return metrics
    .filter(({ values }) => [...values.values()].some((times) => times > 0))
    .flatMap(({ name, unit, values }) => {
      const summary = summaryOf(values);
      return dimensionSets(invoked).map((dimensions) => ({
        ...{ namespace: 'AWS/Lambda', name, dimensions, unit, time: minute, summary },
      }));
    });
}
