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
   * @returns 0 when the request may pass; else after how many seconds there will be a token
   */
  secondsToWait(stage: Stage, routeKey: string, now: number): number {
    const settings = { ...stage.DefaultRouteSettings, ...stage.RouteSettings[routeKey] };
    const { ThrottlingBurstLimit: burst, ThrottlingRateLimit: rate } = settings;
    if (burst === undefined && rate === undefined) return 0;
    const capacity = burst ?? rate ?? 0;
    const key = `${stage.StageName} ${routeKey}`;
    const bucket = this.#buckets.get(key) ?? { tokens: capacity, filled: now };
    const refill = ((now - bucket.filled) / 1000) * (rate ?? 0);
    bucket.tokens = Math.min(capacity, bucket.tokens + refill);
    bucket.filled = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1)
      return Math.max(1, Math.min(LONGEST_S, Math.ceil((1 - bucket.tokens) / (rate || 0.001))));
    bucket.tokens -= 1;
    return 0;
  }
}

/** A rate of nearly nothing is asked again after an hour, and not after a century. */
const LONGEST_S = 3600;
