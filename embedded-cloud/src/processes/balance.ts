/** Which replica gets the next request. */
import type { Weight } from './records.ts';

/** A running process that takes requests. */
export interface Endpoint {
  readonly port: number;
  /** Requests that it has not answered yet. */
  inFlight: number;
}

/**
 * Chooses the version by smooth weighted round robin (as nginx does): of any hundred requests, a version with 10 % gets
 * ten, spread evenly. Of its replicas, the one with the fewest requests, by turns. A version without a ready replica
 * leaves its requests to the others.
 */
export class Balancer {
  /** How much each version is owed. */
  readonly #credit = new Map<number, number>();
  #turn = 0;

  /** @param ready ready replicas of a version, without those that were tried in vain */
  choose<E extends Endpoint>(
    weights: readonly Weight[],
    ready: (version: number) => readonly E[],
  ): { version: number; endpoint: E } | undefined {
    const able = weights
      .map(({ version, percent }) => ({ version, percent, endpoints: ready(version) }))
      .filter(({ endpoints }) => endpoints.length > 0);
    let best: (typeof able)[number] | undefined;
    let total = 0;
    for (const each of able) {
      total += each.percent;
      const credit = this.#creditOf(each.version) + each.percent;
      this.#credit.set(each.version, credit);
      if (best === undefined || credit > this.#creditOf(best.version)) best = each;
    }
    if (best === undefined) return undefined;
    this.#credit.set(best.version, this.#creditOf(best.version) - total);
    return { version: best.version, endpoint: this.#least(best.endpoints) };
  }

  /** The weights have changed: nobody is owed anything. */
  reset(): void {
    this.#credit.clear();
  }

  #creditOf(version: number): number {
    return this.#credit.get(version) ?? 0;
  }

  #least<E extends Endpoint>(endpoints: readonly E[]): E {
    const start = this.#turn++ % endpoints.length;
    const inTurn = [...endpoints.slice(start), ...endpoints.slice(0, start)];
    return inTurn.reduce((least, each) => (each.inFlight < least.inFlight ? each : least));
  }
}
