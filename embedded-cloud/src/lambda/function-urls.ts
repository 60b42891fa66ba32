/**
 * Function URLs: each has a port of its own, the same at every start. Requests become payload format 2.0 events
 * (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html).
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { AwsError } from '../service.ts';
import type { Lambda } from './context.ts';
import { corsHeaders, isPreflight } from './cors.ts';
import { close, type HttpAnswer, listen } from './http-listener.ts';
import { payloadEvent, payloadRequest, payloadResponse } from './http-payload.ts';
import type { FunctionUrl } from './records.ts';

/** 6 MB, as for any synchronous invocation. */
const BODY_LIMIT = 6_291_456;

const forbidden =
  'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html';

export class FunctionUrls {
  readonly #lambda: Lambda;
  readonly #servers = new Map<string, { readonly server: Server; readonly port: number }>();

  constructor(lambda: Lambda) {
    this.#lambda = lambda;
  }

  /** Listens for one URL; repeating it changes nothing. */
  async open(name: string, qualifier: string, port: number): Promise<void> {
    const key = `${name}:${qualifier}`;
    if (this.#servers.has(key)) return;
    const server = await listen(port, BODY_LIMIT, (request, body, abandoned) =>
      this.#serve(name, qualifier, port, request, body, abandoned),
    );
    this.#servers.set(key, { server, port });
    // On AWS whoever has the URL can call it, builds too.
    this.#lambda.cloud.publishPort?.(port);
  }

  async close(name: string, qualifier: string): Promise<void> {
    const key = `${name}:${qualifier}`;
    const open = this.#servers.get(key);
    this.#servers.delete(key);
    if (!open) return;
    this.#lambda.cloud.unpublishPort?.(open.port);
    await close(open.server);
  }

  /** Stops listening for all URLs of a function. */
  async closeOf(name: string): Promise<void> {
    const keys = [...this.#servers.keys()].filter((key) => key.startsWith(`${name}:`));
    await Promise.all(keys.map((key) => this.close(name, key.slice(name.length + 1))));
  }

  /** Listens for every URL that an earlier run has left. */
  async openAll(): Promise<void> {
    for (const { name, urls } of this.#lambda.store.all()) {
      for (const [qualifier, { port }] of Object.entries(urls)) await this.open(name, qualifier, port);
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(({ server }) => close(server)));
    this.#servers.clear();
  }

  async #serve(
    name: string,
    qualifier: string,
    port: number,
    request: IncomingMessage,
    body: Buffer | undefined,
    abandoned: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const url = this.#lambda.store.find(name)?.urls[qualifier];
    const requestId = randomUUID();
    const headers = { 'x-amzn-requestid': requestId };
    if (!url) return failure(403, forbidden, headers);
    if (body === undefined) return failure(413, 'Request Entity Too Large', headers);
    const cors = corsHeaders(url.cors, request.headers);
    if (url.cors && isPreflight(request)) return { status: 200, headers: { ...headers, ...cors } };
    const made = payloadRequest(request, body, port);
    const answer = await this.#invoke(name, qualifier, url, made, requestId, abandoned);
    return { ...answer, headers: { ...answer.headers, ...headers, ...cors } };
  }

  async #invoke(
    name: string,
    qualifier: string,
    url: FunctionUrl,
    request: ReturnType<typeof payloadRequest>,
    requestId: string,
    abandoned: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const { cloud } = this.#lambda;
    const host = new URL(url.url).host;
    const context = {
      accountId: 'anonymous',
      apiId: host,
      domainName: host,
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: cloud.now(),
    };
    const Payload = JSON.stringify(payloadEvent(request, context));
    try {
      const output = await cloud.call(
        { kind: 'anonymous', arn: 'anonymous' },
        'lambda',
        'InvokeFunctionUrl',
        {
          FunctionName: name,
          Qualifier: qualifier,
          Payload,
          ...(abandoned && { Abandoned: abandoned }),
        },
      );
      return responseOf(output) ?? failure(502, 'Internal Server Error');
    } catch (error) {
      return errorAnswer(error);
    }
  }
}

function responseOf(output: unknown): HttpAnswer | undefined {
  if (output === null || typeof output !== 'object' || 'FunctionError' in output) return undefined;
  return 'Payload' in output && typeof output.Payload === 'string'
    ? payloadResponse(output.Payload)
    : undefined;
}

function errorAnswer(error: unknown): HttpAnswer {
  if (!(error instanceof AwsError)) return failure(502, 'Internal Server Error');
  if (error.code.startsWith('AccessDenied'))
    return failure(403, forbidden, { 'x-amzn-errortype': 'AccessDeniedException' });
  if (error.status === 429)
    return failure(429, error.message, {
      'x-amzn-errortype': 'TooManyRequestsException',
      'retry-after': '1',
    });
  return failure(error.status >= 500 ? 502 : error.status, error.message);
}

function failure(status: number, Message: string, headers: Record<string, string> = {}): HttpAnswer {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ Message }),
  };
}
