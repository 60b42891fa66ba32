/** `serve` as API Gateway calls it: events of payload format 2.0. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { RouteSpec } from '../../lib/contract/route.ts';
import { type OperationId, ROUTES } from '../../lib/contract/routes.ts';
import { assertDocumented } from '../documented.ts';

export interface Sent {
  readonly operation: OperationId;
  /** Sent as bearer. */
  readonly token?: string | undefined;
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  /** Sent as JSON, or as it is when it is text. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly base64?: boolean;
  /** What an authorizer before the function would have left in the context. */
  readonly authorizer?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
}

export type Served = (event: APIGatewayProxyEventV2, context: Context) => unknown;

const CONTEXT = { awsRequestId: 'a', functionName: 'f' } as Context;
export const REQUEST_ID = 'JKJaXmPLvHcESHA=';

export function eventOf(sent: Sent): APIGatewayProxyEventV2 {
  const { method, path }: RouteSpec = ROUTES[sent.operation];
  const rawPath = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent((sent.params?.[name] ?? '').toWellFormed()),
  );
  const text =
    typeof sent.body === 'string'
      ? sent.body
      : sent.body === undefined
        ? undefined
        : JSON.stringify(sent.body);
  const requestContext = {
    accountId: '0',
    apiId: 'api',
    domainName: 'api.example.com',
    domainPrefix: 'api',
    http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
    requestId: REQUEST_ID,
    routeKey: `${method} ${path}`,
    stage: '$default',
    time: '21/Nov/2026:09:30:00 +0000',
    timeEpoch: 0,
    ...('authorizer' in sent && { authorizer: sent.authorizer }),
  };
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath,
    rawQueryString: new URLSearchParams(sent.query).toString(),
    headers: {
      ...(sent.token !== undefined && { authorization: `Bearer ${sent.token}` }),
      ...sent.headers,
    },
    requestContext,
    isBase64Encoded: sent.base64 ?? false,
    ...(sent.params && { pathParameters: sent.params }),
    ...(sent.query && { queryStringParameters: sent.query }),
    ...(text !== undefined && { body: sent.base64 ? Buffer.from(text).toString('base64') : text }),
  };
}

export async function send(handler: Served, sent: Sent): Promise<Answer> {
  const answer = (await handler(eventOf(sent), CONTEXT)) as APIGatewayProxyStructuredResultV2;
  const { method, path }: RouteSpec = ROUTES[sent.operation];
  assertDocumented(method, path, answer.statusCode ?? 0, answer.headers?.['content-type']?.toString());
  return {
    status: answer.statusCode ?? 0,
    headers: { ...answer.headers },
    body: answer.body ? JSON.parse(answer.body) : undefined,
  };
}
