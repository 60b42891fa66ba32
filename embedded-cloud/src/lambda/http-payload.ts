/**
 * Payload format 2.0: the event that HTTP APIs and function URLs make of a request, and the response that they make of
 * what the function returns
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';

export interface PayloadRequest {
  readonly method: string;
  /** HTTP APIs decode it, function URLs leave it as sent. */
  readonly rawPath: string;
  readonly rawQueryString: string;
  /** Lowercase names; several headers of one name joined by a comma; without `cookie`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
  readonly protocol: string;
  readonly sourceIp: string;
}

/** Reads what format 2.0 needs from a request whose body was read already. */
export function payloadRequest(request: IncomingMessage, body: Buffer, port: number): PayloadRequest {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  // A map, as a header may be called `constructor` or `__proto__`.
  const headers = new Map<string, string>();
  const cookies: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase();
    const value = request.rawHeaders[index + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter(Boolean));
    else if (name !== 'connection' && name !== 'transfer-encoding') {
      const earlier = headers.get(name);
      headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
    }
  }
  const sourceIp = (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  const forwarded = headers.get('x-forwarded-for');
  headers.set('x-forwarded-for', forwarded === undefined ? sourceIp : `${forwarded}, ${sourceIp}`);
  headers.set('x-forwarded-port', String(port));
  headers.set('x-forwarded-proto', 'http');
  const protocol = `HTTP/${request.httpVersion}`;
  return {
    method: request.method ?? 'GET',
    rawPath: path,
    rawQueryString: query.join('?'),
    headers: Object.fromEntries(headers),
    cookies,
    body,
    protocol,
    sourceIp,
  };
}

export interface PayloadContext {
  readonly accountId: string;
  readonly apiId: string;
  readonly domainName: string;
  readonly requestId: string;
  readonly routeKey: string;
  readonly stage: string;
  /** Epoch milliseconds of the request. */
  readonly time: number;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly stageVariables?: Readonly<Record<string, string>>;
  /** `requestContext.authorizer`. */
  readonly authorizer?: Readonly<Record<string, unknown>>;
}

/** The members that the events of integrations and of authorizers have in common. */
export function requestPart(request: PayloadRequest, context: PayloadContext): Record<string, unknown> {
  const { accountId, apiId, domainName, requestId, routeKey, stage, time, authorizer } = context;
  const query = joinedQuery(request.rawQueryString);
  return {
    version: '2.0',
    routeKey,
    rawPath: request.rawPath,
    rawQueryString: request.rawQueryString,
    ...(request.cookies.length > 0 && { cookies: request.cookies }),
    headers: request.headers,
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId,
      apiId,
      ...(authorizer && { authorizer }),
      domainName,
      domainPrefix: apiId,
      http: {
        method: request.method,
        path: request.rawPath,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage,
      time: commonLogTime(time),
      timeEpoch: time,
    },
    ...(context.pathParameters && { pathParameters: context.pathParameters }),
    ...(context.stageVariables && { stageVariables: context.stageVariables }),
  };
}

/** The whole event of a proxy integration. */
export function payloadEvent(request: PayloadRequest, context: PayloadContext): Record<string, unknown> {
  const text = isText(request.headers['content-type']);
  const isBase64Encoded = request.body.length > 0 && !text;
  const body = request.body.length === 0 ? {} : { body: request.body.toString(text ? 'utf8' : 'base64') };
  return { ...requestPart(request, context), ...body, isBase64Encoded };
}

/**
 * The content types whose bodies AWS hands over as text; form-urlencoded and a missing type are not among them. The
 * documentation does not list them; measured on AWS by https://github.com/ministackorg/ministack/pull/766.
 */
function isText(contentType: string | undefined): boolean {
  return /^\s*(text\/[^;]+|application\/(json|xml|javascript))\s*(;|$)/i.test(contentType ?? '');
}

function joinedQuery(query: string): Record<string, string> | undefined {
  if (query === '') return undefined;
  const result = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = result.get(name);
    result.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(result);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `12/Mar/2020:19:03:58 +0000`, the time format of Apache's common log. */
export function commonLogTime(time: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${months[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000`;
}

export interface PayloadResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const structured = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.union([scalar, z.null()]).optional(),
  isBase64Encoded: z.boolean().nullish(),
});

/**
 * What a function returned, as an HTTP response: with a `statusCode` it is one, anything else is a 200 with that JSON.
 * @param payload JSON text
 * @returns undefined when the response is malformed, which the caller answers with a 500
 */
export function payloadResponse(payload: string): PayloadResponse | undefined {
  const value: unknown = JSON.parse(payload);
  if (value === null || typeof value !== 'object' || !('statusCode' in value)) {
    const body = Buffer.from(typeof value === 'string' ? value : payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body };
  }
  const parsed = structured.safeParse(value);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const lower = Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, text]) => [name.toLowerCase(), text]),
  );
  return {
    status: statusCode,
    headers: { 'content-type': 'text/plain;charset=utf-8', ...lower },
    cookies: cookies ?? [],
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}
