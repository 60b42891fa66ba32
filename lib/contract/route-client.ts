/** A typed client of a table of routes: one call per route. `client.ts` has the one of the whole contract. */
import { LONGEST_WAIT_MS, mayRepeat, retryAfterOf, USUAL_WAIT_MS } from './busy.ts';
import { Problem } from './problem.ts';
import { retry } from './retry.ts';
import type { RouteCall, RouteOutput, RouteSpec } from './route.ts';

/** Routes by their operation's name, as the files in `routes/` have them. */
export type RouteTable = Readonly<Record<string, RouteSpec>>;

export interface ClientOptions {
  /** The API's root without a trailing slash, e.g. `https://abc.execute-api.eu-west-1.amazonaws.com`. */
  readonly url: string;
  readonly token?: string;
  /** How requests are sent, if not by the platform's fetch. */
  readonly fetch?: Fetch;
  /**
   * Milliseconds that a call may wait in all when it is told that there is no room (429, 503) and may be repeated; 30
   * seconds by default. 0 for those who repeat calls themselves: the error says how long to wait.
   */
  readonly waits?: number;
}

const DEFAULT_WAITS_MS = 30_000;

/** What the client needs of fetch. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;

export interface FetchRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly redirect: 'manual';
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** The API refused or failed. `problem` is its document. */
export class ApiError extends Error {
  readonly problem: Problem;
  /** Milliseconds after which to ask again, when the answer says so. */
  readonly retryAfter: number | undefined;
  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail);
    this.name = 'ApiError';
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** Nobody answered at the URL, or not with this API. */
export class UnreachableError extends Error {
  readonly url: string;
  constructor(url: string, cause: unknown) {
    super(`No answer from ${url}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'UnreachableError';
    this.url = url;
  }
}

/** A part of a call that may be left out when nothing in it is required. Tuples keep a union from being taken apart. */
type Part<T, K extends string> = [T] extends [undefined]
  ? { [P in K]?: undefined }
  : Record<never, never> extends T
    ? { [P in K]?: T }
    : { [P in K]: T };
export type CallOf<Spec extends RouteSpec> = Part<RouteCall<Spec>['params'], 'params'> &
  Part<RouteCall<Spec>['query'], 'query'> &
  Part<RouteCall<Spec>['body'], 'body'> & { readonly idempotencyKey?: string; readonly signal?: AbortSignal };

export interface ClientOf<Table extends RouteTable> {
  /** Calls a route and parses its answer. @throws ApiError | UnreachableError */
  call<Op extends keyof Table & string>(
    operation: Op,
    ...call: Record<never, never> extends CallOf<Table[Op]> ? [CallOf<Table[Op]>?] : [CallOf<Table[Op]>]
  ): Promise<RouteOutput<Table[Op]>>;
  /** Calls a route and gives the response as it came, redirects not followed. @throws ApiError | UnreachableError */
  raw<Op extends keyof Table & string>(operation: Op, call: CallOf<Table[Op]>): Promise<FetchResponse>;
}

interface LooseCall {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Fills `{name}` parameters and appends the query. */
export function urlOf(root: string, spec: RouteSpec, call: LooseCall): string {
  const path = spec.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(call.params?.[name])),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) query.set(name, String(value));
  return `${root}${path}${query.size > 0 ? `?${query}` : ''}`;
}

async function problemIn(response: FetchResponse): Promise<Problem> {
  const text = await response.text();
  try {
    return Problem.parse(JSON.parse(text));
  } catch {
    // Not a document of ours: API Gateway's own answers (`{"message":"Service Unavailable"}`), or a proxy's.
    return {
      type: 'about:blank',
      title: response.statusText,
      status: response.status,
      code: `http_${response.status}`,
      detail: `The server answered ${response.status}: ${text.slice(0, 200)}`,
      remedy:
        response.status === 429 || response.status >= 500
          ? 'Try again in a moment.'
          : 'Check the URL of the API.',
      request_id: response.headers.get('x-request-id') ?? response.headers.get('apigw-requestid') ?? '',
    };
  }
}

/** A client of some routes: a program that calls few of them constructs the schemas of these few only. */
export function createClientOf<const Table extends RouteTable>(
  routes: Table,
  options: ClientOptions,
): ClientOf<Table> {
  const specOf = (operation: string): RouteSpec => {
    const spec = routes[operation];
    if (spec === undefined) throw new Error(`There is no operation ${operation}.`);
    return spec;
  };
  const attempt = async (spec: RouteSpec, call: LooseCall): Promise<FetchResponse> => {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
    return (options.fetch ?? fetch)(urlOf(options.url, spec, call), {
      method: spec.method,
      headers,
      redirect: 'manual',
      ...(call.body !== undefined && { body: jsonBody(call.body) }),
      ...(call.signal !== undefined && { signal: call.signal }),
    }).catch((error: unknown) => {
      if (call.signal?.aborted) throw error;
      throw new UnreachableError(
        options.url,
        error instanceof Error && error.cause !== undefined ? error.cause : error,
      );
    });
  };
  const send = (operation: string, call: LooseCall): Promise<FetchResponse> => {
    const spec = specOf(operation);
    const act = async () => {
      const response = await attempt(spec, call);
      if (response.status < 400) return response;
      throw new ApiError(await problemIn(response), retryAfterOf(response.headers.get('retry-after')));
    };
    return retry(act, {
      pause: () => USUAL_WAIT_MS,
      helps: (error) =>
        error instanceof ApiError && mayRepeat(spec, error.problem.status, call.idempotencyKey),
      asked: (error) => (error instanceof ApiError ? error.retryAfter : undefined),
      longest: LONGEST_WAIT_MS,
      within: options.waits ?? DEFAULT_WAITS_MS,
      signal: call.signal,
    });
  };
  const call = async (operation: string, input: LooseCall = {}): Promise<unknown> => {
    const response = await send(operation, input);
    const { body } = specOf(operation).success;
    if (body === null) return undefined;
    return body.parse(await response.json());
  };
  return { call: call as ClientOf<Table>['call'], raw: send as ClientOf<Table>['raw'] };
}

/**
 * U+FFFD is escaped: API Gateway has it stand for bytes that are no UTF-8, and a body in which it stands as it is is
 * refused for that.
 */
function jsonBody(value: unknown): string {
  return JSON.stringify(value).replaceAll('\ufffd', '\\ufffd');
}
