/** The way of one request through an HTTP API: stage, CORS, route, throttle, authorizer, integration, access log. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { corsHeaders, isPreflight } from '../lambda/cors.ts';
import type { HttpAnswer } from '../lambda/http-listener.ts';
import {
  commonLogTime,
  type PayloadContext,
  type PayloadRequest,
  payloadRequest,
} from '../lambda/http-payload.ts';
import type { Cloud } from '../service.ts';
import { accessLogLine, type LogValues } from './access-log.ts';
import { busy, message, type Notes } from './answers.ts';
import type { Authorizers } from './authorize.ts';
import { type Asked, executeApi, integrate } from './integrate.ts';
import type { Api, Stage } from './model.ts';
import { findRoute } from './routing.ts';
import type { Throttle } from './throttle.ts';

export interface Gateway {
  readonly cloud: Cloud;
  readonly authorizers: Authorizers;
  readonly throttle: Throttle;
  /** Takes one finished line of a stage's access log. */
  readonly writeAccessLog: (api: Api, stage: Stage, line: string) => void;
}

/** Request line and values of headers together (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html). */
const HEAD_LIMIT = 10_240;

function headBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  const values = rawHeaders.filter((_, index) => index % 2 === 1);
  return [method, url, ...values].reduce((bytes, text) => bytes + Buffer.byteLength(text, 'latin1'), 0);
}

/**
 * @param body undefined when it was larger than the 10 MB that an HTTP API takes
 * @param abandoned aborted when the client is gone, of a request that need not be handled then
 */
export async function exchange(
  gateway: Gateway,
  api: Api,
  incoming: IncomingMessage,
  body: Buffer | undefined,
  abandoned: AbortSignal | undefined,
): Promise<HttpAnswer> {
  const started = gateway.cloud.now();
  const requestId = randomBytes(11).toString('base64');
  const cors = api.settings.CorsConfiguration;
  const corsAnswer = corsHeaders(cors, incoming.headers);
  const own = { 'apigw-requestid': requestId };
  if (cors && isPreflight(incoming)) return { status: 204, headers: { ...own, ...corsAnswer } };

  const request = payloadRequest(incoming, body ?? Buffer.alloc(0), api.port);
  const notes: Notes = {};
  const { stage, path } = stageOf(api, request.rawPath);
  let answer: HttpAnswer;
  if (!stage || path === undefined)
    answer = message(path === undefined ? 400 : 404, path === undefined ? 'Bad Request' : 'Not Found');
  else if (body === undefined) answer = message(413, 'Request Entity Too Large');
  else if (headBytes(incoming) > HEAD_LIMIT) answer = message(431, 'Request Header Fields Too Large');
  else
    answer = await serve(
      gateway,
      api,
      stage,
      { ...request, rawPath: decoded(request.rawPath) ?? '/' },
      path,
      { requestId, started, abandoned },
      notes,
    );

  if (stage?.AccessLogSettings) {
    const values = logValues(
      api,
      stage,
      request,
      { requestId, started, now: gateway.cloud.now() },
      answer,
      notes,
    );
    gateway.writeAccessLog(api, stage, accessLogLine(stage.AccessLogSettings.Format, values));
  }
  // With CORS configured, API Gateway's own headers replace those of the integration.
  const headers = cors ? withoutCors(answer.headers ?? {}) : answer.headers;
  return { ...answer, headers: { ...headers, ...own, ...corsAnswer } };
}

function withoutCors(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('access-control-')));
}

/** @returns the stage that the first segment names, else `$default`; `path` is decoded and without the stage */
function stageOf(api: Api, rawPath: string): { stage: Stage | undefined; path: string | undefined } {
  const path = decoded(rawPath);
  if (path === undefined) return { stage: undefined, path };
  const [, first = ''] = path.split('/');
  const named = first === '$default' ? undefined : api.stages.get(first);
  if (named) return { stage: named, path: path.slice(first.length + 1) || '/' };
  return { stage: api.stages.get('$default'), path };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

async function serve(
  gateway: Gateway,
  api: Api,
  stage: Stage,
  request: PayloadRequest,
  path: string,
  {
    requestId,
    started,
    abandoned,
  }: { requestId: string; started: number; abandoned: AbortSignal | undefined },
  notes: Notes,
): Promise<HttpAnswer> {
  const match = findRoute(api.routes.values(), request.method, path);
  if (!match) return message(404, 'Not Found');
  const { route, parameters } = match;
  notes.routeKey = route.key;
  const wait = gateway.throttle.secondsToWait(stage, route.key, gateway.cloud.now());
  if (wait > 0) return message(429, 'Too Many Requests', wait);
  // A route with a throttle of its own is kept apart from the rest by the template: it also goes before the rest.
  const first = stage.RouteSettings[route.key] !== undefined;
  const domainName = `127.0.0.1:${api.port}`;
  const context: PayloadContext = {
    accountId: gateway.cloud.accountId,
    apiId: api.id,
    domainName,
    requestId,
    routeKey: route.key,
    stage: stage.StageName,
    time: started,
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    ...(stage.StageVariables && { stageVariables: stage.StageVariables }),
  };
  const asked: Asked = { route, first, abandoned };
  if (!route.authorizer) return integrate(gateway.cloud, asked, request, context, notes);

  const routeArn = `${executeApi(gateway.cloud, context)}/${request.method}${path}`;
  const decision = await gateway.authorizers.decide(route.authorizer, {
    ...{ request, context, routeArn, first, abandoned },
  });
  switch (decision.kind) {
    case 'unauthorized':
      return message(401, 'Unauthorized');
    case 'forbidden':
      return message(403, 'Forbidden');
    case 'failed':
      return message(500, 'Internal Server Error');
    case 'gone':
      return message(499, 'Client Closed Request');
    case 'busy':
      return busy(notes, 'The authorizer had no room for the request');
  }
  for (const [name, value] of Object.entries(decision.context ?? {})) {
    if (typeof value !== 'object') notes[`authorizer.${name}`] = String(value);
  }
  const authorized = { ...context, authorizer: { lambda: decision.context } };
  return integrate(gateway.cloud, asked, request, authorized, notes);
}

function logValues(
  api: Api,
  stage: Stage,
  request: PayloadRequest,
  times: { requestId: string; started: number; now: number },
  answer: HttpAnswer,
  notes: Notes,
): LogValues {
  return {
    accountId: undefined,
    apiId: api.id,
    domainName: `127.0.0.1:${api.port}`,
    domainPrefix: api.id,
    extendedRequestId: times.requestId,
    httpMethod: request.method,
    'identity.sourceIp': request.sourceIp,
    'identity.userAgent': request.headers['user-agent'],
    path: decoded(request.rawPath) ?? request.rawPath,
    protocol: request.protocol,
    requestId: times.requestId,
    requestTime: commonLogTime(times.started),
    requestTimeEpoch: Math.floor(times.started / 1000),
    responseLatency: times.now - times.started,
    responseLength: Buffer.byteLength(answer.body ?? ''),
    stage: stage.StageName,
    status: answer.status,
    'error.message':
      answer.status >= 400 && notes.integrationStatus === undefined ? String(answer.body) : undefined,
    ...notes,
  };
}
