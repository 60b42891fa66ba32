/** A token bucket for each route, as API Gateway throttles (`ThrottlingBurstLimit`, `ThrottlingRateLimit`). */
import type { Stage } from './model.ts';

interface Bucket {
  tokens: number;
  filled: number;
}

export class Throttle {
  readonly #buckets = new Map<string, Bucket>();

  /**
   * Takes one token of the route's bucket.
   * @param now milliseconds
   * @returns false when the request comes too soon
   */
  admit(stage: Stage, routeKey: string, now: number): boolean {
    const settings = { ...stage.DefaultRouteSettings, ...stage.RouteSettings[routeKey] };
    const { ThrottlingBurstLimit: burst, ThrottlingRateLimit: rate } = settings;
    if (burst === undefined && rate === undefined) return true;
    const capacity = burst ?? rate ?? 0;
    const key = `${stage.StageName} ${routeKey}`;
    const bucket = this.#buckets.get(key) ?? { tokens: capacity, filled: now };
    const refill = ((now - bucket.filled) / 1000) * (rate ?? 0);
    bucket.tokens = Math.min(capacity, bucket.tokens + refill);
    bucket.filled = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
