/**
 * Room for execution environments: so many processes for all functions together, and who gets the next place. Lambda
 * has room for thousands, so that a function never stands in another's way; here it is shared out by these rules:
 *
 * - A place that is idle goes to whoever needs one, the longest idle first; the last one of a function is spared longest.
 * - The last quarter is for functions that have no place at all. So a function that fills the rest, and whose events
 *   wait for another function, does not wait for ever.
 * - Where all are busy, a function gives places up, after their event, to those that have two fewer or none.
 * - A function whose events go before others keeps its last place, idle or not, as long as anybody has two: under load it
 *   is idle most, and would start anew, behind everybody, for each of its events. Only where one that has none has waited
 *   for a while, as all others are in long events, such a place goes as well while it is idle.
 */

/** One version of a function, which has places and wants more of them. */
export interface Tenant {
  /** Whether an event still waits for a place. */
  readonly wanting: boolean;
  /** Whether such an event goes before those of others. */
  readonly urgent: boolean;
  /** Whether it has had such events. */
  readonly servesFirst: boolean;
  /** Since when its longest idle environment is idle, in epoch milliseconds; undefined when none is. */
  readonly idleSince: number | undefined;
  /** Ends its longest idle environment. */
  stopIdle(): void;
}

/** A right to one process. It is held until the process has ended. */
export interface Place {
  /** The process was told to end. */
  leave(): void;
  /** The process has ended, or was never started. */
  release(): void;
}

/** A tenth of what an event waits before it is refused: in that time others give up places, unless their events are long. */
const LAST_RESORT_MS = 2_000;

interface Request {
  readonly tenant: Tenant;
  readonly since: number;
  /** Whether it has waited for LAST_RESORT_MS. */
  late: boolean;
  readonly grant: (place: Place | undefined) => void;
}

export class Room {
  readonly #most: number;
  readonly #kept: number;
  readonly #tenants = new Set<Tenant>();
  /** Places of each tenant, those that start or end among them. */
  readonly #held = new Map<Tenant, number>();
  #requests: Request[] = [];
  #used = 0;
  #leaving = 0;

  /** @param most places in all */
  constructor(most: number) {
    this.#most = most;
    this.#kept = Math.ceil(most / 4);
  }

  join(tenant: Tenant): void {
    this.#tenants.add(tenant);
  }

  /** Its idle places are not taken any more; what it holds it still releases. */
  part(tenant: Tenant): void {
    this.#tenants.delete(tenant);
  }

  /** Waits for a place. @returns undefined when the tenant does not want it any more */
  ask(tenant: Tenant): Promise<Place | undefined> {
    const { promise, resolve } = Promise.withResolvers<Place | undefined>();
    const request: Request = {
      ...{ tenant, since: performance.now(), late: false },
      grant(place) {
        clearTimeout(timer);
        resolve(place);
      },
    };
    const timer = setTimeout(() => {
      request.late = true;
      this.look();
    }, LAST_RESORT_MS).unref();
    this.#requests.push(request);
    this.look();
    return promise;
  }

  /** Shares out what there is: whenever a place was given back, or has become idle. */
  look(): void {
    const [wanted, unwanted] = partition(this.#requests, ({ tenant }) => tenant.wanting);
    this.#requests = wanted;
    for (const { grant } of unwanted) grant(undefined);
    for (;;) {
      const ordered = this.#ordered();
      const next = ordered.find(({ tenant }) => this.#used < this.#limitOf(tenant));
      if (next) this.#grant(next);
      else if (ordered.length <= this.#leaving || !this.#freeIdle(ordered)) return;
    }
  }

  /**
   * Whether an environment of the tenant that has handled its event shall end for another function's sake.
   * @param worthIt whether it has served for as long as its start took; else places would change hands all the time
   */
  owes(tenant: Tenant, worthIt: boolean): boolean {
    if (this.#requests.length <= this.#leaving) return false;
    if (this.#isLastOfFirst(tenant) && this.#somebodyHasTwo()) return false;
    return this.#requests.some(({ tenant: other }) => {
      if (other === tenant || !other.wanting) return false;
      if (other.urgent && !tenant.urgent && this.#sizeOf(other) === 0) return true;
      if (!worthIt) return false;
      return this.#sizeOf(other) === 0 || this.#sizeOf(tenant) - this.#sizeOf(other) >= 2;
    });
  }

  #grant(request: Request): void {
    this.#requests.splice(this.#requests.indexOf(request), 1);
    const { tenant } = request;
    this.#used++;
    this.#held.set(tenant, this.#sizeOf(tenant) + 1);
    let state: 'held' | 'leaving' | 'released' = 'held';
    request.grant({
      leave: () => {
        if (state !== 'held') return;
        state = 'leaving';
        this.#leaving++;
      },
      release: () => {
        if (state === 'released') return;
        if (state === 'leaving') this.#leaving--;
        state = 'released';
        this.#used--;
        const left = this.#sizeOf(tenant) - 1;
        if (left > 0) this.#held.set(tenant, left);
        else this.#held.delete(tenant);
        this.look();
      },
    });
  }

  #isLastOfFirst(tenant: Tenant): boolean {
    return tenant.servesFirst && this.#sizeOf(tenant) === 1;
  }

  #somebodyHasTwo(): boolean {
    return [...this.#held.values()].some((places) => places > 1);
  }

  #sizeOf(tenant: Tenant): number {
    return this.#held.get(tenant) ?? 0;
  }

  #limitOf(tenant: Tenant): number {
    return this.#sizeOf(tenant) === 0 ? this.#most : this.#most - this.#kept;
  }

  /** Those who come first first: urgent, then who has fewest, then who asked before. */
  #ordered(): Request[] {
    return this.#requests.toSorted(
      (a, b) =>
        Number(b.tenant.urgent) - Number(a.tenant.urgent) ||
        this.#sizeOf(a.tenant) - this.#sizeOf(b.tenant) ||
        a.since - b.since,
    );
  }

  /** @returns whether an idle environment was ended */
  #freeIdle(asking: readonly Request[]): boolean {
    const without = asking.filter(({ tenant }) => this.#sizeOf(tenant) === 0);
    const ordinary = this.#longestIdle(asking, without.length > 0 && !this.#somebodyHasTwo());
    const late = without.filter((request) => request.late).length > this.#leaving;
    const best = ordinary ?? (late ? this.#longestIdle(asking, true) : undefined);
    best?.stopIdle();
    return best !== undefined;
  }

  /** @param lastOfFirst whether the last place of a function whose events go before others is among those to choose from */
  #longestIdle(asking: readonly Request[], lastOfFirst: boolean): Tenant | undefined {
    let best: Tenant | undefined;
    for (const tenant of this.#tenants) {
      if (tenant.idleSince === undefined) continue;
      if (!lastOfFirst && this.#isLastOfFirst(tenant)) continue;
      // Whoever asks for a place has no idle one, but for the moment in which it takes it.
      if (asking.some((request) => request.tenant === tenant)) continue;
      if (best === undefined || this.#before(tenant, best)) best = tenant;
    }
    return best;
  }

  /** Whether to end an idle environment of `a` rather than one of `b`. */
  #before(a: Tenant, b: Tenant): boolean {
    const spared = Number(this.#sizeOf(b) > 1) - Number(this.#sizeOf(a) > 1);
    return (spared || (a.idleSince ?? 0) - (b.idleSince ?? 0)) < 0;
  }
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}
