/** What a client does when it is told that there is no room at the moment: it waits as long as it is asked to. */
import type { RouteSpec } from './route.ts';

/** Nobody waits longer for one answer: whoever is asked to tells its caller instead. */
const LONGEST_WAIT_MS = 10_000;

/** Too many requests, and no room to serve one: statuses of API Gateway, with which it says that nothing has run. */
export const BUSY: readonly number[] = [429, 503];

/** @param header `Retry-After`; seconds, as dates are not sent by what answers here (RFC 9110, 10.2.3) @returns milliseconds */
export function retryAfterOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/**
 * Whether the same request may be sent again. A 429 was not let in. A 503 may also be of a function that took too long
 * and has done its work, so that only what may be repeated is: reads, requests with an Idempotency-Key, and the agent's.
 */
function mayRepeat(spec: RouteSpec, status: number, idempotencyKey: string | undefined): boolean {
  if (status === 429) return true;
  return spec.method === 'GET' || idempotencyKey !== undefined || spec.access === 'job';
}

/** What is left of the waits that one call may take. */
export class WaitingTime {
  readonly #random: () => number;
  #left: number;

  /** @param most milliseconds */
  constructor(most: number, random: () => number = Math.random) {
    this.#left = most;
    this.#random = random;
  }

  /**
   * @param response of which nothing but status and headers is known
   * @returns for how many milliseconds to wait before the same request is sent again; undefined when it is not to be
   */
  before(
    spec: RouteSpec,
    response: { readonly status: number; readonly headers: { get(name: string): string | null } },
    idempotencyKey: string | undefined,
  ): number | undefined {
    if (!BUSY.includes(response.status) || !mayRepeat(spec, response.status, idempotencyKey))
      return undefined;
    const asked = retryAfterOf(response.headers.get('retry-after'));
    // AWS's own answers name no time.
    const least = asked ?? 1000;
    // Up to half as much again, so that all who were turned away together do not come back together.
    const wait = least * (1 + this.#random() / 2);
    if (least > LONGEST_WAIT_MS || wait > this.#left) return undefined;
    this.#left -= wait;
    return wait;
  }
}
