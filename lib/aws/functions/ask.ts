/**
 * Asks one version of a function, as its URL would: with the event of payload format 2.0, and the response read from what
 * the function returns (docs: "Invoking Lambda function URLs"). So a version is asked that no URL leads to yet.
 */
import { InvokeCommand, type InvokeCommandInput, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import type { Answer, Question } from '../../domain/ports/probe.ts';
import { cut } from '../../domain/text.ts';
import { type Ask, bodyText, following, TIMEOUT_MS, untilHealthy } from '../probe.ts';
import type { FunctionRelease } from './code.ts';

/** A host that no request leaves for. */
const HOST = 'candidate.invalid';

export async function askVersion(
  client: LambdaClient,
  { target }: FunctionRelease,
  version: string,
  question: Question,
): Promise<Answer> {
  const ask: Ask = async (url) => {
    const began = performance.now();
    const request = { FunctionName: target.function_name, Qualifier: version, Payload: eventOf(url) };
    const sent = await invoked(client, request);
    if (sent === undefined) return { failure: `it did not respond within ${TIMEOUT_MS / 1000} s` };
    const { Payload: payload, FunctionError: failed } = sent;
    const text = payload === undefined ? 'null' : Buffer.from(payload).toString();
    const milliseconds = performance.now() - began;
    if (failed !== undefined) return { failure: failureIn(text) };
    const response = responseIn(text);
    return response === undefined
      ? { failure: 'it returned no response of HTTP (an integer statusCode, headers and body)' }
      : { ...response, milliseconds };
  };
  return untilHealthy(() => following(ask, `https://${HOST}${question.path}`, question), question);
}

/** @returns undefined when it took too long */
async function invoked(client: LambdaClient, request: InvokeCommandInput) {
  try {
    return await client.send(new InvokeCommand(request), { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  }
}

function eventOf(url: string): string {
  const { pathname, search, searchParams } = new URL(url);
  const now = new Date();
  const http = {
    method: 'GET',
    path: pathname,
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    userAgent: 'staithe',
  };
  return JSON.stringify({
    version: '2.0',
    routeKey: '$default',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: { host: HOST, accept: '*/*', 'user-agent': 'staithe', 'x-forwarded-proto': 'https' },
    ...(search !== '' && { queryStringParameters: Object.fromEntries(searchParams) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'candidate',
      domainName: HOST,
      domainPrefix: 'candidate',
      http,
      requestId: crypto.randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    isBase64Encoded: false,
  });
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const Returned = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  body: z.union([scalar, z.null()]).optional(),
  isBase64Encoded: z.boolean().nullish(),
});

/** With a `statusCode` it is a response; anything else is a 200 with that JSON. */
function responseIn(
  text: string,
): { status: number; headers: Record<string, string>; body: string } | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('statusCode' in value)) {
    const body = typeof value === 'string' ? value : text;
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: bodyText(Buffer.from(body)),
    };
  }
  const parsed = Returned.safeParse(value).data;
  if (parsed === undefined) return undefined;
  const { statusCode: status, headers, body, isBase64Encoded } = parsed;
  const named = Object.entries(headers ?? {}).map(([name, member]) => [name.toLowerCase(), member] as const);
  return {
    status,
    headers: Object.fromEntries(named),
    body: bodyText(Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8')),
  };
}

const Failed = z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() });

/** `ReferenceError: x is not defined`, as the runtime told it. */
function failureIn(text: string): string {
  const { errorType, errorMessage } = Failed.safeParse(JSON.parse(text)).data ?? {};
  const said = [errorType, errorMessage].filter((part) => part !== undefined).join(': ');
  return `the function failed (${cut(said === '' ? text : said, 500)})`;
}
