/**
 * From API Gateway's event to a handler and back: `serve` makes a Lambda of one group's handlers. What every route has
 * in common happens here, once: who asks, may they, is the request valid, was it answered before, what is the answer.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { takesKey } from '../contract/answers.ts';
import { problemOf } from '../contract/problem.ts';
import type { Group, RouteInput, RouteOutput, RouteSpec } from '../contract/route.ts';
import type { RouteTable } from '../contract/route-client.ts';
import type { OperationId, Routes } from '../contract/routes.ts';
import { permissionsOf, principalOf, type RequestActor } from '../domain/access/actor.ts';
import { authorize } from '../domain/access/authorize.ts';
import { StaitheError } from '../domain/error.ts';
import type { Ports } from '../domain/ports/index.ts';
import { authenticate } from '../domain/token/authenticate.ts';
import { type AuditedRequest, recordDone, recordRefused } from './audit.ts';
import { answerOnce } from './idempotent.ts';
import { assertMedia, bodyOf, checkInput } from './request.ts';
import { atLimit } from './throttled.ts';
import { Written } from './written.ts';

/** A redirect instead of a body. */
export interface Redirect {
  readonly location: string;
  readonly headers?: Record<string, string>;
}

export interface Request<Spec extends RouteSpec> extends RouteInput<Spec> {
  readonly actor: RequestActor;
  /** A ULID that a repeat with the same Idempotency-Key gets again: ids of new things are made from it. */
  readonly seed: string | undefined;
  /** The body's bytes, on routes with `rawBody`. */
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

type Reply<Spec extends RouteSpec> = Spec['success']['status'] extends 302
  ? Redirect
  : Spec['success'] extends { body: null }
    ? // What was removed: the audit log names it.
      object
    : Spec['success'] extends { media: object }
      ? RouteOutput<Spec> | Written
      : RouteOutput<Spec>;
type OperationOf<G extends Group> = {
  [Op in OperationId]: Routes[Op]['group'] extends G ? Op : never;
}[OperationId];
export type Handlers<G extends Group> = {
  [Op in OperationOf<G>]: (request: Request<Routes[Op]>) => Promise<Reply<Routes[Op]>>;
};
/** The routes of a group; others beside them do no harm. */
export type RoutesOf<G extends Group> = Pick<Routes, OperationOf<G>> & RouteTable;
type AccessOf<G extends Group> = Routes[OperationOf<G>]['access'];
/** What `serve` itself needs, by the route table: job tokens only where agents call, nothing where everything is public. */
export type ServePorts<G extends Group> = [Exclude<AccessOf<G>, 'public'>] extends [never]
  ? undefined
  : Pick<Ports, 'table' | 'clock' | 'randomness'> &
      ([Extract<AccessOf<G>, 'job' | 'job_or_viewer'>] extends [never] ? unknown : Pick<Ports, 'jobTokens'>);
type AnyPorts = Pick<Ports, 'table' | 'clock' | 'randomness'> & Partial<Pick<Ports, 'jobTokens'>>;
type AnyHandler = (request: Request<RouteSpec>) => Promise<unknown>;

export const logger = new Logger({ serviceName: 'staithe' });

/**
 * @param routes the files of the contract that have the group's routes: a function constructs the schemas of these only
 * @param ports where tokens are looked up, and answers to Idempotency-Keys kept
 */
export function serve<G extends Group>(
  group: G,
  routes: RoutesOf<G>,
  handlers: Handlers<G>,
  ...[ports]: ServePorts<G> extends undefined ? [] : [ports: ServePorts<G>]
) {
  const byRouteKey = new Map<string, { operation: string; spec: RouteSpec; handle: AnyHandler }>();
  for (const [operation, spec] of Object.entries<RouteSpec>(routes)) {
    if (spec.group !== group) continue;
    // The one place where the types of single routes are given up for a table of all.
    const handle: unknown = Reflect.get(handlers, operation);
    if (typeof handle === 'function')
      byRouteKey.set(`${spec.method} ${spec.path}`, { operation, spec, handle: handle as AnyHandler });
  }

  const respond = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const found = byRouteKey.get(event.routeKey);
    if (found === undefined) throw new StaitheError('not_found', `There is no route ${event.routeKey}.`);
    const { operation, spec, handle } = found;
    const caller = await actorOf(spec, event, ports);
    const request = { operation, spec, event, actor: caller };
    try {
      const actor = authorize(caller, spec, event.pathParameters ?? {});
      return await answerOf({ ...request, actor }, handle);
    } catch (error) {
      if (ports !== undefined && error instanceof StaitheError && error.kind === 'forbidden')
        await recordRefused(ports, request);
      throw error;
    }
  };

  const answerOf = async (
    request: AuditedRequest,
    handle: AnyHandler,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const { operation, spec, event, actor } = request;
    assertMedia(spec, event);
    const bytes = bodyOf(event, spec.anySize);
    const input = checkInput(spec, event, bytes);
    const answer = async (seed: string | undefined) => {
      const result = await handle({ ...input, actor, seed, bytes, headers: event.headers });
      const reply = replyOf(spec, result);
      // Not beside the answer that is kept for repeats: a repeat of what was kept alone would be in no log.
      if (ports !== undefined) await recordDone(ports, request, { result, body: input.body, seed });
      return reply;
    };
    const key = event.headers['idempotency-key'];
    if (key === undefined || ports === undefined || !takesKey(spec)) return answer(undefined);
    const identity = {
      key,
      scope: `${principalOf(actor)} ${operation} ${event.rawPath}${event.rawQueryString && `?${event.rawQueryString}`}`,
      permissions: permissionsOf(actor),
      bytes: spec.secretBody ? undefined : bytes,
      keepAnswer: spec.repeat !== 'rerun',
    };
    return answerOnce(ports, identity, answer);
  };

  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .before(({ context }) => {
      logger.addContext(context);
    })
    .after(({ event, response }) => {
      if (response?.headers) response.headers['x-request-id'] = event.requestContext.requestId;
    })
    .onError((request) => {
      request.response = failure(request.error, request.event);
    })
    .handler(respond);
}

/** Who asks. A public route looks nobody up: it checks a ticket or a signature itself, or nothing. */
async function actorOf(
  spec: RouteSpec,
  { headers }: APIGatewayProxyEventV2,
  ports: AnyPorts | undefined,
): Promise<RequestActor> {
  if (spec.access === 'public') return { kind: 'anonymous', reason: 'The route is public.' };
  if (ports === undefined) throw new Error(`${spec.method} ${spec.path} has nowhere to look up tokens.`);
  return authenticate(ports, headers.authorization);
}

function replyOf(spec: RouteSpec, result: unknown): APIGatewayProxyStructuredResultV2 {
  const { status, body } = spec.success;
  if (status === 302) {
    const redirect = result as Redirect;
    return {
      statusCode: 302,
      headers: { location: redirect.location, 'cache-control': 'no-store', ...redirect.headers },
    };
  }
  if (body === null) return { statusCode: status, headers: {} };
  if (result instanceof Written)
    return {
      statusCode: status,
      headers: { 'content-type': result.contentType, ...result.headers },
      body: result.text,
    };
  // The schema drops what only the record has: hashes, claims, versions.
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body.parse(result)),
  };
}

/** A second: quotas of requests are for a second each. The client waits up to half as much again. */
const RETRY_AFTER_SECONDS = '1';

function failure(error: unknown, event: APIGatewayProxyEventV2): APIGatewayProxyStructuredResultV2 {
  const { requestId } = event.requestContext;
  const known = error instanceof StaitheError ? error : atLimit(error);
  if (known === undefined)
    logger.error('Unexpected failure', {
      error: error instanceof Error ? error : String(error),
      routeKey: event.routeKey,
      requestId,
    });
  const problem = problemOf(
    known ??
      new StaitheError('internal', `Request ${requestId} failed; the log of the function shows the reason.`),
    requestId,
  );
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'x-request-id': requestId,
      ...(problem.status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(problem.status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }),
    },
    body: JSON.stringify(problem),
  };
}
