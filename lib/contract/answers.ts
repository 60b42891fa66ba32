/**
 * Every answer that a route may give beside its success: errors of the functions, which are problem documents, and what
 * API Gateway says by itself, before any function is asked or when none answers. Both follow from what the route is.
 */
import type { ErrorCode } from '../domain/error-codes.ts';
import type { RouteSpec } from './route.ts';

const takesBody = (spec: RouteSpec): boolean => spec.body !== undefined || spec.rawType !== undefined;

/** A route that changes something for somebody who is known: it takes an Idempotency-Key. */
export const takesKey = (spec: RouteSpec): boolean => spec.method !== 'GET' && spec.access !== 'public';

/** A route whose successful requests are entries of an audit log: it changes something for a person or a service. */
export const isAudited = (spec: RouteSpec): boolean =>
  takesKey(spec) && spec.access !== 'job' && typeof spec.audit !== 'object';

/** What names a project, in the path, the query or the body, may name one that is not there. */
function namesSomething(spec: RouteSpec): boolean {
  return spec.params !== undefined || spec.query?.project !== undefined;
}

/** Codes that the route may answer with: its own, and those that follow from its form. */
export function errorsOf(spec: RouteSpec): ErrorCode[] {
  const codes: ErrorCode[] = [...(spec.errors ?? [])];
  // Of a query that it does not have, a route says so too.
  codes.push('internal', 'throttled', 'validation_failed', 'at_limit');
  if (spec.anySize === undefined) codes.push('body_too_large');
  if (spec.body !== undefined) codes.push('body_not_json');
  if (takesBody(spec)) codes.push('unsupported_media_type');
  if (spec.access !== 'public') codes.push('unauthenticated', 'role_too_low');
  if (namesSomething(spec)) codes.push('not_found');
  if (takesKey(spec)) codes.push('idempotency_key_reused', 'busy');
  if (isAudited(spec)) codes.push('audit_unavailable');
  return [...new Set(codes)];
}

/** API Gateway's own answers: `{"message": "…"}`. */
const GATEWAY: Readonly<Record<number, string>> = {
  400: 'API Gateway: the path is not well encoded',
  404: 'API Gateway: no route has this path',
  // Measured by others (github.com/koki-develop/lgtm-generator, issue 10): the same for its own limit and Lambda's.
  413: 'API Gateway: the body is larger than the 10 MB that it takes, or the 6 MB that a function does',
  429: 'API Gateway: too many requests at once',
  431: 'API Gateway: request line and headers have more than 10,240 bytes',
  500: 'API Gateway: the function failed',
  503: 'API Gateway: the function did not answer in time, or no more of it may run at once',
};

/** What API Gateway may answer in place of the route, by status. A parameter with a slash in it makes another path. */
export function gatewayAnswersOf(spec: RouteSpec): ReadonlyMap<number, string> {
  const statuses = Object.entries(GATEWAY).map(([status, says]) => [Number(status), says] as const);
  return new Map(statuses.filter(([status]) => status !== 404 || spec.params !== undefined));
}
