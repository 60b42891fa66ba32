/** The last part of a request's way through an HTTP API: the function that is behind the route. */
import type { HttpAnswer } from '../lambda/http-listener.ts';
import {
  type PayloadContext,
  type PayloadRequest,
  payloadEvent,
  payloadResponse,
} from '../lambda/http-payload.ts';
import { AwsError, type Cloud } from '../service.ts';
import { busy, failed, type Notes } from './answers.ts';
import { type FunctionCall, invokeFunction } from './invoke.ts';
import type { Route } from './model.ts';

/** What is asked for, and how its event may wait. */
export interface Asked extends Pick<FunctionCall, 'first' | 'abandoned'> {
  readonly route: Route;
}

/** `arn:aws:execute-api:<region>:<account>:<api>/<stage>` */
export function executeApi(cloud: Cloud, { apiId, stage }: PayloadContext): string {
  return `arn:${cloud.partition}:execute-api:${cloud.region}:${cloud.accountId}:${apiId}/${stage}`;
}

/** Calls the function of a route, and makes its answer one of HTTP. */
export async function integrate(
  cloud: Cloud,
  { route, first, abandoned }: Asked,
  request: PayloadRequest,
  context: PayloadContext,
  notes: Notes,
): Promise<HttpAnswer> {
  const { IntegrationUri: uri, CredentialsArn: role, TimeoutInMillis: limit } = route.integration;
  // The permission is about the route, not the concrete path: `…/GET/projects/{project}`, or `…/$default`.
  const place = route.path === undefined ? '$default' : `${request.method}${route.path}`;
  const sourceArn = `${executeApi(cloud, context)}/${place}`;
  const started = performance.now();
  const late = Promise.withResolvers<'late'>();
  const given = new AbortController();
  const timer = setTimeout(() => {
    late.resolve('late');
    given.abort();
  }, limit);
  try {
    const event = payloadEvent(request, context);
    const call = invokeFunction(cloud, {
      ...{ uri, sourceArn, role, event, first },
      // Whoever was told that it took too long waits no more either.
      abandoned: abandoned && AbortSignal.any([abandoned, given.signal]),
    });
    const payload = await Promise.race([call, late.promise]);
    notes.integrationLatency = Math.round(performance.now() - started);
    if (payload === 'late') return failed(notes, 503, 'Service Unavailable', 'Endpoint request timed out');
    notes.integrationStatus = 200;
    const answer = payload === undefined ? undefined : payloadResponse(payload);
    return (
      answer ??
      failed(notes, 500, 'Internal Server Error', 'The function failed or its response is malformed')
    );
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const status = error instanceof AwsError ? error.status : undefined;
    if (status === 499) return failed(notes, 499, 'Client Closed Request', text);
    cloud.log('apigateway', `${route.key}: ${text}`);
    if (status === 429) return busy(notes, text);
    // Lambda takes 6 MB of event, less than the 10 MB of body that got here: what came is too large all the same
    // (seen on AWS: https://github.com/koki-develop/lgtm-generator/issues/10).
    if (status === 413) return failed(notes, 413, 'Request Entity Too Large', text);
    return failed(notes, 500, 'Internal Server Error', text);
  } finally {
    clearTimeout(timer);
  }
}
