/** What a client does when it is told that there is no room at the moment: it waits as long as it is asked to. */
import type { RouteSpec } from './route.ts';

/** Nobody waits longer for one answer: whoever is asked to tells its caller instead. */
export const LONGEST_WAIT_MS = 10_000;

/** When the answer names no time, as AWS's own do not. */
export const USUAL_WAIT_MS = 1000;

/** Too many requests, and no room to serve one: statuses of API Gateway, with which it says that nothing has run. */
const BUSY: readonly number[] = [429, 503];

/** @param header `Retry-After`; seconds, as dates are not sent by what answers here (RFC 9110, 10.2.3) @returns milliseconds */
export function retryAfterOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/**
 * Whether the same request may be sent again. A 429 was not let in. A 503 may also be of a function that took too long
 * and has done its work, so that only what may be repeated is: reads, requests with an Idempotency-Key, and the agent's.
 */
export function mayRepeat(spec: RouteSpec, status: number, idempotencyKey: string | undefined): boolean {
  if (!BUSY.includes(status)) return false;
  if (status === 429) return true;
  return spec.method === 'GET' || idempotencyKey !== undefined || spec.access === 'job';
}
